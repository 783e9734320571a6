// Colours and cursor moves of programs that believe they write to a terminal: CSI and OSC sequences, then lone controls.
// eslint-disable-next-line no-control-regex -- control characters are what this removes
const sequences = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-_]/g;
// eslint-disable-next-line no-control-regex -- tab and line feed are kept
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A log line without terminal control: what remains is text to show as text. */
export function stripControls(line: string): string {
  return line.replace(sequences, "").replace(controls, "");
}
