import { lookup } from 'node:dns';
import { type LookupFunction } from 'node:net';
import { isRefusedAddress, type HostRule } from '../request/host-rule.ts';

/** Finds addresses at the moment of connecting: where no list of hosts says otherwise, a name does not lead to a refused one either. */
export function lookupUnder(hosts: HostRule): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => hosts !== undefined || !isRefusedAddress(address));
      const [first] = allowed;
      if (error || first === undefined) return callback(error ?? new Error('its name leads to a link-local address'), '', 0);
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}
