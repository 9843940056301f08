import { createServer } from "node:http";

createServer((request, response) => {
  response.end(JSON.stringify({ uid: process.getuid(), from: request.socket.remoteAddress }));
}).listen(8080);
