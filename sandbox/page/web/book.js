// What the page knows by ID: people, policies, wallets and what they hold.

export class Book {
  people = new Map();
  policies = new Map();
  walletsById = new Map();
  assetsById = new Map();

  // version changes with anything that is shown beside an approval.
  get version() { return JSON.stringify([...this.people, ...this.policies, ...this.walletsById, ...this.assetsById].map((e) => (e[1] instanceof Error ? e[1].message : e))); }

  person = (id) => this.people.get(id) ?? id ?? 'nobody';
  policy(id) { return this.policies.get(id); }
  wallet(id) { return this.walletsById.get(id); }
  assets(id) { return this.assetsById.get(id); }
  native(id) { return this.find(id, (a) => a.kind === 'Native'); }
  asset(id, contract) { return this.find(id, (a) => a.contract?.toLowerCase() === contract?.toLowerCase()); }

  find(id, is) {
    const held = this.assetsById.get(id);
    return Array.isArray(held) ? held.find(is) : undefined;
  }

  // readPeople does without names that the person may not see.
  async readPeople(me) {
    for (const [path, read] of [['/auth/users', (u) => [u.userId, u.name || u.username]],
      ['/auth/service-accounts', (s) => [s.userInfo.userId, `${s.userInfo.name || s.userInfo.username} (service account)`]]]) {
      try {
        for (const item of await me.all(path, 3)) this.people.set(...read(item));
      } catch (e) {
        if (e.status !== 403) throw e;
      }
    }
  }

  async readPolicies(me) {
    try {
      for (const p of await me.all('/v2/policies', 3)) this.policies.set(p.id, p);
    } catch (e) {
      if (e.status !== 403) throw e;
    }
  }

  async readWallets(me) {
    const list = await me.all('/wallets', 1);
    for (const w of list) this.walletsById.set(w.id, w);
    const queue = [...list];
    const next = async () => {
      for (let w = queue.shift(); w; w = queue.shift()) {
        this.assetsById.set(w.id, await me.get(`/wallets/${encodeURIComponent(w.id)}/assets`).then((a) => a.assets, (e) => e));
      }
    };
    await Promise.all([next(), next(), next(), next()]);
    return list;
  }
}
