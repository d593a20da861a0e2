// One service under a changing load, drawn as it happens: node scale.mjs GATEWAY-PORT ADMIN-SOCKET SERVICE
// Each phase keeps so many requests in flight and goes on when what it is to show has happened, or after its limit: so it works on slow machines too, and always ends.
import http from 'node:http';

const [port, socketPath, service] = process.argv.slice(2);
const live = process.stdout.isTTY === true;
const colours = live && process.env.HOMEOSTAT_COLOUR === '1';
const column = 250; // milliseconds per column of the chart
const columnsMax = 60;
const bars = ' ▁▂▃▄▅▆▇█';
const agent = new http.Agent({ keepAlive: true });

let wanted = 0; // requests to keep in flight
let rest = 0; // milliseconds between two of them
let resting = 0;
let flying = 0;
let answered = 0;
let failed = 0;
let slowest = 0;

function send() {
  flying++;
  const began = performance.now();
  const done = (well) => {
    flying--;
    if (well) answered++;
    else failed++;
    slowest = Math.max(slowest, performance.now() - began);
    if (rest === 0) {
      fill();
      return;
    }
    resting++;
    setTimeout(() => {
      resting--;
      fill();
    }, rest);
  };
  http.get({ port, agent, path: '/work?us=10000', headers: { host: `${service}.localhost` }, timeout: 10000 }, (response) => {
    response.resume();
    response.on('end', () => done(response.statusCode === 200));
  }).on('error', () => done(false)).on('timeout', function timedOut() { this.destroy(new Error('late')); });
}

function fill() {
  while (flying + resting < wanted) send();
}

function ask(what) {
  return new Promise((resolve, reject) => {
    http.get({ socketPath, path: `/v1/tenants/default/services/${service}/${what}`, timeout: 5000 }, (response) => {
      let text = '';
      response.on('data', (piece) => { text += piece; });
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${what}: ${response.statusCode}`))));
    }).on('error', reject).on('timeout', function timedOut() { this.destroy(new Error(`${what}: late`)); });
  });
}

// What the chart shows: a row each, one value per column.
const rows = [
  { name: 'in flight', unit: '', values: [] },
  { name: 'requests/s', unit: '', values: [] },
  { name: 'slowest', unit: ' ms', values: [] },
  { name: 'CPU limits', unit: ' cores', values: [] },
  { name: 'running', unit: '', values: [] },
  { name: 'frozen', unit: '', values: [] },
];

const round = (value) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
const paint = (text) => (colours ? `\x1b[36m${text}\x1b[0m` : text);
let drawn = false;

function draw() {
  if (live && drawn) process.stdout.write(`\x1b[${rows.length}A`);
  drawn = true;
  for (const row of rows) {
    const most = Math.max(...row.values, 1e-9);
    const line = row.values.map((v) => bars[v <= 0 ? 0 : Math.max(1, Math.round((v / most) * 8))]).join('');
    process.stdout.write(`    ${row.name.padEnd(11)}${paint(line.padEnd(columnsMax))} ${live ? '\x1b[K' : ''}\n`.replace(/ +\n$/, '\n'));
  }
}

async function look() {
  const instances = await ask('instances');
  const running = instances.filter((i) => i.tier === 'running');
  const values = [flying, answered * (1000 / column), slowest, running.reduce((sum, i) => sum + (i.cpuLimit ?? 0), 0), running.length, instances.filter((i) => i.tier === 'frozen').length];
  [answered, slowest] = [0, 0];
  rows.forEach((row, i) => row.values.length < columnsMax && row.values.push(values[i]));
  if (live) draw();
  return { limits: values[3], most: Math.max(0, ...running.map((i) => i.cpuLimit ?? 0)), running: running.length, frozen: values[5] };
}

// So many in flight, milliseconds between two; what is to be seen; least and most columns it may take.
const phases = [
  [1, 40, () => true, 6, 6],
  [6, 0, (s) => s.most > 0.5, 6, 12],
  [24, 0, (s) => s.running > 1, 10, 16],
  [1, 40, (s) => s.most <= 0.5 && s.frozen > 0, 6, 20],
  [0, 0, (s) => s.running === 0, 4, 24],
];

const began = Date.now();
for (const [load, pause, seen, least, most] of phases) {
  [wanted, rest] = [load, pause];
  fill();
  for (let i = 0, shown = false; i < most && !(shown && i >= least); i++) {
    await new Promise((resolve) => { setTimeout(resolve, column); });
    shown = seen(await look()) || shown;
  }
}

wanted = 0;
agent.destroy();
if (!live) draw();
const peak = rows.map((row) => `${row.name} ${round(Math.max(...row.values))}${row.unit}`);
console.log(`    a column is ${column} ms; at most: ${peak.slice(0, 3).join(', ')},\n    ${peak.slice(3).join(', ')}${failed > 0 ? `; ${failed} requests failed` : ''}`);

// The first decisions of each kind say why.
const { decisions } = await ask('explain');
const kinds = new Set();
for (const decision of decisions.filter((d) => Date.parse(d.at) >= began)) {
  const kind = `${decision.action} ${decision.reason.replace(/[\d.]+/g, '').slice(0, 12)}`;
  if (kinds.has(kind) || kinds.size === 8) continue;
  kinds.add(kind);
  const words = `${((Date.parse(decision.at) - began) / 1000).toFixed(1).padStart(5)} s  ${decision.action}: ${decision.reason}`.split(' ');
  let line = '   ';
  for (const word of words) {
    if (line.length + word.length + 1 > 79) {
      console.log(line);
      line = '           ';
    }
    line += ` ${word}`;
  }
  console.log(line);
}
