/** What ntfy, Slack-compatible chats and Telegram are sent. Pure. */
import type { AlertMessage } from "../messages.ts";
import { isCritical, isOver, shortened, textOf, titleOf } from "../text.ts";

/** Each cuts longer texts off, or refuses them. Telegram counts after it has read entities, ntfy in bytes. */
const most = { ntfy: 2000, slack: 8000, telegram: 4000 };
const mostTitle = 250;

/** https://docs.ntfy.sh/publish/#publish-as-json, since headers take no letters beyond ASCII. */
export function ntfyRequest(topicUrl: URL, message: AlertMessage): { url: URL; body: object } {
  const url = new URL(topicUrl);
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  const topic = decodeURIComponent(segments.pop() ?? "");
  url.pathname = `/${segments.join("/")}`;
  url.search = "";
  return {
    url,
    body: {
      topic,
      title: shortened(titleOf(message), mostTitle),
      message: textOf(message, most.ntfy),
      priority: isCritical(message) ? 5 : isOver(message) ? 2 : 3,
      tags: [isOver(message) ? "white_check_mark" : isCritical(message) ? "rotating_light" : "warning"],
      click: message.url,
    },
  };
}

/** Only `text`: Mattermost and Rocket.Chat take that, too. */
export function slackBody(message: AlertMessage): object {
  return { text: escaped(textOf(message, most.slack, [`*${titleOf(message)}*`])) };
}

/** https://api.slack.com/reference/surfaces/formatting#escaping */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Without a mode of formatting: names hold characters that Telegram would take for one. */
export function telegramBody(chat: string | number, message: AlertMessage): object {
  return {
    chat_id: chat,
    text: textOf(message, most.telegram, [titleOf(message), ""]),
    link_preview_options: { is_disabled: true },
  };
}
