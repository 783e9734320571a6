/**
 * One end of a conversation, in whichever namespace it is started.
 * - `listen ADDRESS PORT` echoes, `feed ADDRESS PORT` keeps sending, both on TCP.
 * - `open HOST PORT` prints "open", or "no answer" when there is none for a while; then it sends what it reads and prints
 *   what it gets. `reset HOST PORT` prints the same, and resets the connection at the first line of its input.
 * - `storm HOST PORT` opens one connection after the other, and tells on each line of its input how many were opened and
 *   how many failed.
 * - `ask HOST PORT` sends one GET after the other, each over a connection of its own, and tells on each line of its input
 *   how many were answered and how many failed, with the last failure.
 * - `receive ADDRESS PORT` prints where datagrams come from, `send HOST PORT [FROM]` keeps sending some.
 */
import { createSocket } from "node:dgram";
import { get } from "node:http";
import { connect, createServer, type Socket } from "node:net";

const attemptMilliseconds = 300;
const patienceMilliseconds = 700;
const betweenMilliseconds = 2;
const answerMilliseconds = 3000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function listen(host: string, port: number, serve: (socket: Socket) => void): void {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(port, host, () => {
    print("listening");
  });
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

function feed(socket: Socket): void {
  const timer = setInterval(() => socket.write("tick\n"), 20);
  socket.once("close", () => {
    clearInterval(timer);
  });
}

function open(host: string, port: number): Socket {
  const socket = connect({ host, port });
  const timer = setTimeout(() => {
    print("no answer");
  }, patienceMilliseconds);
  socket.once("connect", () => {
    clearTimeout(timer);
    print("open");
  });
  socket.on("data", (data) => process.stdout.write(data));
  socket.on("error", (error) => {
    print(`failed: ${error.message}`);
    process.exitCode = 1;
  });
  return socket;
}

function reset(socket: Socket): void {
  process.stdin.once("data", () => socket.resetAndDestroy());
  socket.once("close", () => {
    print("reset");
  });
}

function storm(host: string, port: number): void {
  const count = { opened: 0, failed: 0 };
  setInterval(() => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => {
      count.failed += 1;
      socket.destroy();
    }, attemptMilliseconds);
    socket.once("connect", () => {
      count.opened += 1;
      clearTimeout(timer);
      socket.destroy();
    });
    socket.once("error", () => {
      count.failed += 1;
      clearTimeout(timer);
    });
  }, betweenMilliseconds);
  process.stdin.on("data", () => {
    print(JSON.stringify(count));
  });
}

/** A hundred a second: a gap of a fifth of a second is twenty failures or none, and nothing between. */
function ask(host: string, port: number): void {
  const count = { answered: 0, failed: 0, last: "" };
  const fail = (reason: string): void => {
    count.failed += 1;
    count.last = reason;
  };
  setInterval(() => {
    const asking = get({ host, port, path: "/health", agent: false, timeout: answerMilliseconds }, (response) => {
      response.resume();
      if (response.statusCode === 200) count.answered += 1;
      else fail(`HTTP ${response.statusCode}`);
    });
    asking.once("timeout", () => asking.destroy(new Error("no answer")));
    asking.once("error", (error) => {
      fail(error.message);
    });
  }, 10);
  process.stdin.on("data", () => {
    print(JSON.stringify(count));
  });
}

function receive(address: string, port: number): void {
  const socket = createSocket("udp4", (_message, sender) => {
    print(sender.address);
  });
  socket.bind(port, address, () => {
    print("listening");
  });
}

function send(host: string, port: number, from: string | undefined): void {
  const socket = createSocket("udp4");
  // What a packet filter refuses at once is an error here; it is what the test is about.
  socket.on("error", (error) => {
    print(error.message);
  });
  socket.bind(0, from, () => {
    setInterval(() => {
      socket.send("datagram", port, host);
    }, 20);
  });
}

const [mode, host = "", portText, from] = process.argv.slice(2);
const port = Number(portText);
if (mode === "listen") listen(host, port, echo);
else if (mode === "feed") listen(host, port, feed);
else if (mode === "open") process.stdin.pipe(open(host, port));
else if (mode === "reset") reset(open(host, port));
else if (mode === "storm") storm(host, port);
else if (mode === "ask") ask(host, port);
else if (mode === "receive") receive(host, port);
else if (mode === "send") send(host, port, from);
else throw new TypeError(`there is no mode ${mode}`);
