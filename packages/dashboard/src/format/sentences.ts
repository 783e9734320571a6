/** What went wrong and what to do about it, as sentences: an error's message may come without its full stop. */
export function sentences(error: { message: string; hint?: string | undefined }): string {
  return [error.message, error.hint ?? ""]
    .filter((text) => text !== "")
    .map(withStop)
    .join(" ");
}

function withStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
