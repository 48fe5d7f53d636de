import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/redis/redis.ts';
import { end, type Service, track } from '../child.ts';

/** `BENCH_NGINX` names another one than the distribution's. */
const PROGRAM = process.env['BENCH_NGINX'] ?? '/usr/sbin/nginx';

/** Starts nginx as a plain proxy in one process, or undefined where there is none. */
export function startNginx(upstreamPort: number): (() => Promise<Service>) | undefined {
  return existsSync(PROGRAM) ? () => start(upstreamPort) : undefined;
}

async function start(upstreamPort: number): Promise<Service> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-nginx-'));
  const port = await freePort();
  await writeFile(join(dir, 'nginx.conf'), configuration(dir, port, upstreamPort));
  const child = track(
    spawn(PROGRAM, ['-p', dir, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  await listening(port);
  return {
    port,
    ask: async () => cpuTimeUs(child.pid ?? 0),
    stop: async () => {
      await end(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  );
  return `
    daemon off; master_process off; pid ${dir}/pid;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 10000000; keepalive_timeout 60s;
      ${temporary.join(' ')}
      upstream service { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 10000000; }
      server {
        listen 127.0.0.1:${port};
        location /api/users/ {
          proxy_pass http://service/; proxy_http_version 1.1; proxy_set_header Connection "";
        }
      }
    }`;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nginx does not listen on port ${port}`);
}

/** User and system time of a process in ticks of 10 ms (proc(5): fields 14 and 15 of stat). */
function cpuTimeUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
