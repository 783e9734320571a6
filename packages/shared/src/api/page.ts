/**
 * The Content-Security-Policy under which the page works and is tested: nothing inline, nothing from elsewhere, no
 * strings made into code or markup. The controller serves the page with it.
 */
export const contentSecurityPolicy = policy("'self'");

/** A document of its own, with the instance and its container as query: see terminalPolicy. */
export const terminalPath = "/terminal";

/**
 * The terminal's policy. xterm.js writes three <style> elements (the theme, the size of a cell, the scroll bar) and
 * style attributes (24-bit colours), of content that no hash foresees, and it has no way to be given a nonce. So its
 * document, and no other, lets inline styles be. Scripts and markup stay as strict as the page's, and a style can
 * fetch from nowhere else.
 */
export const terminalContentSecurityPolicy = policy("'self' 'unsafe-inline'");

function policy(styles: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
