// Amounts are whole numbers of smallest units, in text: they are never made floats.

// units reads a whole number, decimal or hexadecimal, or gives null.
export function units(text) {
  return typeof text === 'string' && /^(\d+|0x[0-9a-fA-F]+)$/.test(text) ? BigInt(text) : null;
}

// whole writes units of an asset with that many decimals, exactly: 1500000 with 6 is "1.5".
export function whole(amount, decimals) {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const fraction = digits.slice(cut).replace(/0+$/, '');
  return grouped(digits.slice(0, cut)) + (fraction && `.${fraction}`);
}

// grouped puts a narrow space between thousands.
export function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

// worded is an amount with its asset's name, or in smallest units when the asset is not known.
export function worded(text, asset) {
  const amount = units(text);
  if (amount === null) return text === undefined ? '' : `${text} (not a whole number)`;
  if (!Number.isInteger(asset?.decimals) || asset.decimals < 0 || asset.decimals > 255) return `${grouped(amount.toString())} smallest units`;
  return `${whole(amount, asset.decimals)} ${asset.symbol || 'of an unnamed asset'}`;
}
