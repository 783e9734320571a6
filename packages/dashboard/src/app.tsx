/** Who looks at the page decides what it is: the login, the fleet, or an error that says why neither. */
import { logout, whoAmI, type Account } from "@berth/shared/api/accounts";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { backoffMilliseconds } from "./api/backoff.ts";
import { call } from "./api/client.ts";
import { ErrorNotice } from "./components/error-notice.tsx";
import { Shell } from "./components/shell.tsx";
import { forgetPalette } from "./paint/palette.ts";
import { openSession, SessionProvider, type Session } from "./session/session.ts";
import { onThemeChange } from "./theme.ts";
import { Login } from "./views/login.tsx";

type Gate =
  | { phase: "asking" }
  | { phase: "failed"; error: BerthError; attempt: number }
  | { phase: "login"; expired: boolean }
  | { phase: "in"; session: Session };

export function App(): JSX.Element {
  const [gate, setGate] = useState<Gate>({ phase: "asking" });

  const enter = (account: Account) => {
    const session = openSession(account, () => {
      session.close();
      setGate({ phase: "login", expired: true });
    });
    setGate({ phase: "in", session });
  };
  const ask = async (attempt: number): Promise<void> => {
    try {
      enter(await call(whoAmI));
    } catch (thrown) {
      const error = toBerthError(thrown);
      if (error.code === "unauthenticated") setGate({ phase: "login", expired: false });
      else setGate({ phase: "failed", error, attempt });
    }
  };
  useEffect(() => void ask(0), []);
  useEffect(() => {
    if (gate.phase !== "failed") return undefined;
    const timer = setTimeout(() => void ask(gate.attempt + 1), backoffMilliseconds(gate.attempt, Math.random()));
    return () => clearTimeout(timer);
  }, [gate]);
  useEffect(() => {
    const session = gate.phase === "in" ? gate.session : undefined;
    return onThemeChange(() => {
      forgetPalette();
      session?.painter.requestAll();
    });
  }, [gate]);

  switch (gate.phase) {
    case "asking":
      return <main class="asking muted">Asking the controller who you are.</main>;
    case "failed":
      return (
        <main class="asking">
          <ErrorNotice error={gate.error} what="Berth">
            <button type="button" onClick={() => void ask(0)}>
              Try now
            </button>
          </ErrorNotice>
        </main>
      );
    case "login":
      return <Login onLogin={enter} expired={gate.expired} />;
    case "in":
      break;
  }
  const { session } = gate;
  const leave = async (): Promise<void> => {
    await call(logout);
    session.close();
    setGate({ phase: "asking" });
    await ask(0);
  };
  return (
    <SessionProvider value={session}>
      <Shell onLogout={leave} />
    </SessionProvider>
  );
}
