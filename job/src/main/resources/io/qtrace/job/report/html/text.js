'use strict';
// Elements and texts: names get into the page as text only.
(() => {
  const CUT = 56;

  // An element with attributes; a function is the listener of an event. Children are elements or texts.
  qtrace.el = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'function') {
        element.addEventListener(name, value);
      } else if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? '' : value);
      }
    }
    element.append(...children.flat().filter(child => child !== null && child !== undefined));
    return element;
  };

  qtrace.svg = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) {
        element.setAttribute(name, value);
      }
    }
    element.append(...children);
    return element;
  };

  // Both ends of a long name: of a tensor both its layer and its last word matter.
  qtrace.cut = (text, most = CUT) => {
    const letters = Array.from(text);
    const tail = Math.floor((most - 1) / 2);
    return letters.length <= most
      ? text
      : letters.slice(0, most - 1 - tail).join('') + '…' + letters.slice(letters.length - tail).join('');
  };

  // A name, whichever way it is written; a long one is cut, and shown whole by a click.
  qtrace.name = (text, most = CUT) => {
    if (text === null || text === undefined) {
      return '';
    }
    const short = qtrace.cut(text, most);
    if (short === text) {
      return qtrace.el('bdi', {}, text);
    }
    const name = qtrace.el('bdi', {}, short);
    const button = qtrace.el('button', {type: 'button', class: 'cut', 'aria-expanded': 'false', title: text,
      click: event => {
        event.stopPropagation();
        const whole = button.getAttribute('aria-expanded') === 'false';
        button.setAttribute('aria-expanded', String(whole));
        name.textContent = whole ? text : short;
      }}, name);
    return button;
  };

  qtrace.whole = text => qtrace.el('bdi', {class: 'whole'}, text);

  const count = new Intl.NumberFormat('en');
  qtrace.count = number => number === null || number === undefined ? '' : count.format(number);

  qtrace.number = number => {
    if (number === null || number === undefined || typeof number === 'string') {
      return number ?? '';
    }
    const size = Math.abs(number);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? number.toExponential(2) : String(Number(number.toPrecision(4)));
  };

  qtrace.percent = share => share === null || share === undefined ? '' : share === 0 ? '0%'
    : share < 0.001 ? '<0.1%' : share < 1 && share > 0.999 ? '>99.9%' : Number((100 * share).toPrecision(3)) + '%';

  qtrace.time = seconds => seconds === null || seconds === undefined ? ''
    : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

  qtrace.bytes = bytes => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let unit = 0;
    let size = bytes;
    while (size >= 1000 && unit < units.length - 1) {
      size /= 1000;
      unit++;
    }
    return Number(size.toPrecision(3)) + ' ' + units[unit];
  };

  qtrace.plural = (number, one, many = one + 's') => `${qtrace.count(number)} ${number === 1 ? one : many}`;

  // Names in the order that people count in.
  const collator = new Intl.Collator('en', {numeric: true});
  qtrace.compare = (a, b) => collator.compare(a, b);

  qtrace.verdict = verdict => qtrace.el('span', {class: 'tag ' + verdict}, verdict);

  // The query of a picture, to copy.
  qtrace.sql = (picture, label = 'SQL') => {
    const code = qtrace.el('pre', {tabindex: '0'}, picture.sql);
    const copied = qtrace.el('span', {role: 'status'});
    const copy = qtrace.el('button', {type: 'button', click: async () => {
      try {
        await navigator.clipboard.writeText(picture.sql);
        copied.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        copied.textContent = 'Selected: copy it with the keyboard';
      }
    }}, 'Copy');
    return qtrace.el('details', {class: 'sql'}, qtrace.el('summary', {}, label), qtrace.el('p', {}, copy, ' ', copied), code);
  };

  // What a report left out of a picture.
  qtrace.rest = picture => picture.total > picture.rows.length
    ? [qtrace.el('p', {class: 'about'},
        `The first ${qtrace.count(picture.rows.length)} of ${qtrace.count(picture.total)} rows; run the SQL without its LIMIT to see all.`)]
    : [];
})();
