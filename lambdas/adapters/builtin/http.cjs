// Bundles import `node:http` through this file (see the bundling options). An ES import of a builtin reads every one of
// its exports, and those of `node:http` include WebSocket, which loads all of fetch: some 40 ms of a cold start.
module.exports = process.getBuiltinModule('node:http');
