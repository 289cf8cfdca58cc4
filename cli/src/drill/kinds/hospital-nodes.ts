import type { Drill } from '../drill.js';

export const peers: Drill = {
  name: 'peers',
  title: 'one peer of every hospital is killed at once',
  run: async ({ site }) => {
    const victims = site.hospitals.flatMap(
      (hospital) => site.named('peer').find((name) => site.organizationOf(name) === hospital) ?? [],
    );
    await site.crash(victims);
    await site.bringBack(victims);
    return {};
  },
};

export const contract: Drill = {
  name: 'contract',
  title: "one hospital's contract service is killed",
  run: async ({ site }) => {
    const victim = site.lastOf(site.named('contract'), 'contract service');
    await site.crash([victim]);
    await site.bringBack([victim]);
    return {};
  },
};

export const kubo: Drill = {
  name: 'kubo',
  title: 'the Kubo node that takes the uploads is killed',
  run: async ({ site }) => {
    const victims = site.named('kubo').slice(0, 1);
    site.lastOf(victims, 'Kubo node');
    await site.crash(victims);
    await site.bringBack(victims);
    return {};
  },
};

export const hospital: Drill = {
  name: 'hospital',
  title: 'every process of one hospital is killed',
  run: async ({ site }) => {
    const name = site.lastOf(site.hospitals, 'hospital');
    const victims = site.named().filter((node) => site.organizationOf(node) === name);
    await site.crash(victims, `all ${String(victims.length)} nodes of ${name}`);
    await site.bringBack(victims);
    return {};
  },
};

export const restart: Drill = {
  name: 'restart',
  title: 'every process is killed, and started from disk',
  run: async ({ site }) => {
    const all = site.named();
    const blow = await site.kill(all, `all ${String(all.length)} nodes`);
    await site.bringBack(all);
    await site.served(blow);
    await site.hold();
    return {};
  },
};
