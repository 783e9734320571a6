/** A controller's API on a Unix socket, made of the same contracts, with the answers a test wants. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { answerNotFound, handleErrors } from "../../api/errors.ts";

export interface TestController extends AsyncDisposable {
  app: FastifyInstance;
  /** Value for --controller and BERTH_CONTROLLER. */
  address: string;
  socket: string;
}

export async function startTestController(addRoutes: (app: FastifyInstance) => void): Promise<TestController> {
  const directory = await mkdtemp(join(tmpdir(), "berth-cli-"));
  const socket = join(directory, "controller.sock");
  const app = Fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);
  app.setNotFoundHandler(answerNotFound);
  addRoutes(app);
  await app.listen({ path: socket });
  return {
    app,
    address: `unix:${socket}`,
    socket,
    async [Symbol.asyncDispose]() {
      await app.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
