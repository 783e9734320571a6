/** Server-Sent Events out of a response body. */
import { createParser, type EventSourceMessage } from "eventsource-parser";

export async function* readEvents(body: AsyncIterable<Buffer>): AsyncGenerator<{ event: string; data: string }> {
  const decoder = new TextDecoder();
  let ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => ready.push(message) });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const messages = ready;
    ready = [];
    for (const { event, data } of messages) yield { event: event ?? "message", data };
  }
}
