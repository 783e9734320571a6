/** A peer broke the protocol. The message goes into the close reason and the fleet's history. */
export class ProtocolViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolViolation";
  }
}
