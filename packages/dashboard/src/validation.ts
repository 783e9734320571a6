import { config } from "zod";

// zod would build its validators with `new Function`, which the page's Content-Security-Policy does not admit. Each
// schema asks for this setting when it is made, so main imports this module before any that makes one.
config({ jitless: true });
