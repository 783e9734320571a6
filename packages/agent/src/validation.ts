import { config } from "zod";

// zod would build a function of its own for each schema it meets: an agent asks for few things, and small memory counts
// more than speed. Each schema asks for this setting when it is made, so this is imported before any that makes one.
config({ jitless: true });
