import type { Drill } from '../drill.js';

export const peers: Drill = {
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
  run: async ({ site }) => {
    const victim = site.lastOf(site.named('contract'), 'contract service');
    await site.crash([victim]);
    await site.bringBack([victim]);
    return {};
  },
};

export const kubo: Drill = {
  run: async ({ site }) => {
    const victims = site.named('kubo').slice(0, 1);
    site.lastOf(victims, 'Kubo node');
    await site.crash(victims);
    await site.bringBack(victims);
    return {};
  },
};

export const hospital: Drill = {
  run: async ({ site }) => {
    const name = site.lastOf(site.hospitals, 'hospital');
    const victims = site.named().filter((node) => site.organizationOf(node) === name);
    await site.crash(victims, `all ${String(victims.length)} nodes of ${name}`);
    await site.bringBack(victims);
    return {};
  },
};

export const restart: Drill = {
  run: async ({ site }) => {
    const all = site.named();
    const blow = await site.kill(all, `all ${String(all.length)} nodes`);
    await site.bringBack(all);
    await site.served(blow);
    await site.hold();
    return {};
  },
};
