import { login, type Account } from "@berth/shared/api/accounts";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { sentences } from "../format/sentences.ts";

interface LoginProps {
  onLogin: (account: Account) => void;
  /** The session that was open has ended. */
  expired: boolean;
}

/** Account and password for a session cookie, which scripts on this page cannot read. */
export function Login({ onLogin, expired }: LoginProps): JSX.Element {
  const [error, setError] = useState<BerthError>();
  const [busy, setBusy] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Log in – Berth";
  }, []);

  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const body = { name: name.current?.value ?? "", password: password.current?.value ?? "" };
      onLogin((await call(login, { body })).account);
    } catch (thrown) {
      setError(toBerthError(thrown));
      setBusy(false);
      password.current?.select();
    }
  };

  return (
    <main class="login">
      <form
        onSubmit={(event: TargetedEvent<HTMLFormElement>) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>Berth</h1>
        <label>
          Account
          <input
            name="name"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            autofocus
            ref={name}
          />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            ref={password}
            aria-invalid={error !== undefined}
            aria-describedby="login-error"
          />
        </label>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Logging in …" : "Log in"}
        </button>
        <p id="login-error" class="login-error" role="alert">
          {error ? sentences(error) : expired ? "Your session has ended. Log in again." : ""}
        </p>
      </form>
    </main>
  );
}
