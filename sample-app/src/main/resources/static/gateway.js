// One row a device, kept from refresh to refresh: what somebody types into it must stay.
const rows = new Map();
const POINTS = 60;

function cell(row, className) {
  const td = row.insertCell();
  if (className) td.className = className;
  return td;
}

function newRow(id) {
  const tr = document.createElement('tr');
  const name = cell(tr);
  const dot = document.createElement('span');
  dot.className = 'dot';
  name.append(dot, id);
  const readings = cell(tr, 'number');
  const value = cell(tr, 'number');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 20');
  svg.setAttribute('preserveAspectRatio', 'none');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  svg.append(line);
  cell(tr).append(svg);
  const at = cell(tr);
  const form = document.createElement('form');
  const input = document.createElement('input');
  input.placeholder = 'reboot';
  input.setAttribute('aria-label', 'Command for ' + id);
  const button = document.createElement('button');
  button.textContent = 'Send';
  const output = document.createElement('output');
  form.append(input, button, output);
  form.addEventListener('submit', event => { event.preventDefault(); command(id, input, output); });
  cell(tr).append(form);
  return { tr, readings, value, line, at, form, button, history: [] };
}

async function command(id, input, output) {
  if (!input.value) return;
  output.textContent = '…';
  try {
    const response = await fetch('api/devices/' + encodeURIComponent(id) + '/commands',
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: input.value });
    const answer = await response.json();
    output.textContent = response.ok ? answer.outcome + (answer.reason ? ': ' + answer.reason : '') : answer.detail;
  } catch (failure) {
    output.textContent = 'the gateway does not answer';
  }
}

function trend(row, device) {
  if (device.lastValue === null || row.seen === device.readings) return;
  row.seen = device.readings;
  row.history.push(device.lastValue);
  if (row.history.length > POINTS) row.history.shift();
  const least = Math.min(...row.history);
  const span = Math.max(...row.history) - least || 1;
  row.line.setAttribute('points', row.history
    .map((value, i) => (100 * i / (POINTS - 1)).toFixed(1) + ',' + (18 - 16 * (value - least) / span).toFixed(1)).join(' '));
}

function show(devices) {
  const body = document.getElementById('devices');
  for (const device of devices) {
    let row = rows.get(device.id);
    if (!row) {
      rows.set(device.id, row = newRow(device.id));
      body.append(row.tr);
    }
    row.tr.className = device.online ? 'online' : '';
    row.tr.title = device.online ? 'online' : 'offline';
    row.readings.textContent = device.readings.toLocaleString();
    row.value.textContent = device.lastValue === null ? '' : device.lastValue;
    row.at.textContent = device.lastAt === null ? '' : new Date(device.lastAt).toLocaleTimeString();
    row.form.style.visibility = device.commandable ? '' : 'hidden';
    trend(row, device);
  }
  const online = devices.filter(device => device.online).length;
  const readings = devices.reduce((sum, device) => sum + device.readings, 0);
  document.getElementById('summary').textContent =
    devices.length + ' devices, ' + online + ' online, ' + readings.toLocaleString() + ' readings';
}

async function refresh() {
  try {
    show(await (await fetch('api/devices')).json());
  } catch (failure) {
    document.getElementById('summary').textContent = 'The gateway does not answer.';
  } finally {
    setTimeout(refresh, 1000);
  }
}

refresh();
