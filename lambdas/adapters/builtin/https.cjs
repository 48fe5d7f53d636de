// See http.cjs: `node:https` draws in `node:http`.
module.exports = process.getBuiltinModule('node:https');
