// A plain node:http server with state in memory, a background timer and a file in /tmp.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');

let count = 0;
let ticks = 0;
setInterval(() => { ticks++; }, 100);

const pages = {
  '/': () => `Hello from Node.js ${process.version} in ${os.hostname()}, ${count} counted so far`,
  '/healthz': () => 'ok',
  '/count': () => ++count,
  '/pid': () => process.pid,
  '/hostname': () => os.hostname(),
  '/timer': () => ticks,
  '/uuid': () => crypto.randomUUID(),
  '/random': () => ({
    randomBytes: crypto.randomBytes(16).toString('hex'),
    randomUUID: crypto.randomUUID(),
    randomInt: crypto.randomInt(2 ** 47),
    getRandomValues: Buffer.from(crypto.webcrypto.getRandomValues(new Uint8Array(16))).toString('hex'),
  }),
  '/tmp': () => {
    fs.appendFileSync('/tmp/sample', 'x\n');
    return fs.readFileSync('/tmp/sample', 'utf8').split('\n').length - 1;
  },
};

http.createServer((request, response) => {
  const page = pages[new URL(request.url, 'http://host').pathname];
  if (!page) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n');
    return;
  }
  const body = page();
  const isJson = typeof body === 'object';
  response.writeHead(200, { 'content-type': isJson ? 'application/json' : 'text/plain' });
  response.end(`${isJson ? JSON.stringify(body) : body}\n`);
}).listen(process.env.PORT || 8080);
