'use strict';
// Heat maps: cells on a canvas, walked with arrow keys, read out and shown in full below it.
(() => {
  const MOST_LABEL = 220;

  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /**
   * Adds a heat map to an element.
   *
   * @param map rows and columns, their names; cell(row, column): null, or share (0 to 1, of the colour), colour (a
   *     variable of the style sheet, in its place), letter and text
   */
  qtrace.heat = (parent, label, map) => {
    const canvas = qtrace.el('canvas', {tabindex: '0', role: 'img', class: 'heat'});
    const said = qtrace.el('p', {class: 'said', role: 'status', 'aria-live': 'polite'});
    const box = qtrace.el('div', {class: 'heat-box'}, canvas);
    parent.append(box, said);
    const cells = map.rows.map((_, r) => map.columns.map((_, c) => map.cell(r, c)));
    const filled = cells.flat().filter(cell => cell !== null).length;
    canvas.setAttribute('aria-label', `${label}: ${map.rows.length} rows, ${map.columns.length} columns, `
      + `${filled} cells; arrow keys walk through them`);
    canvas.dataset.cells = String(filled);
    canvas.dataset.rows = String(map.rows.length);
    canvas.dataset.columns = String(map.columns.length);
    const pen = canvas.getContext('2d');
    let geometry = null;
    let at = null;

    function measure() {
      pen.font = '12px system-ui, sans-serif';
      const widest = Math.max(...map.rows.map(row => pen.measureText(row).width), 20);
      const left = Math.ceil(Math.min(widest, Math.min(MOST_LABEL, box.clientWidth * 0.4)) + 10);
      const room = Math.max(120, box.clientWidth - left - 8);
      const width = Math.max(6, Math.min(72, room / map.columns.length));
      const height = Math.max(10, Math.min(24, 640 / map.rows.length));
      const longest = Math.max(...map.columns.map(column => pen.measureText(column).width), 10);
      const steep = longest > width - 6;
      const top = steep ? Math.min(150, Math.ceil(longest * 0.72) + 14) : 20;
      return {left, top, width, height, steep,
        right: left + width * map.columns.length, bottom: top + height * map.rows.length};
    }

    function fit(text, most) {
      let letters = Array.from(text);
      if (pen.measureText(text).width <= most) {
        return text;
      }
      letters = letters.slice(-200);
      while (letters.length > 1 && pen.measureText('…' + letters.join('')).width > most) {
        letters = letters.slice(Math.max(1, letters.length >> 4));
      }
      return '…' + letters.join('');
    }

    function draw() {
      geometry = measure();
      const {left, top, width, height, steep, right, bottom} = geometry;
      const ratio = devicePixelRatio || 1;
      const overhang = steep ? 90 : 8;
      canvas.style.width = right + overhang + 'px';
      canvas.style.height = bottom + 4 + 'px';
      canvas.width = Math.round((right + overhang) * ratio);
      canvas.height = Math.round((bottom + 4) * ratio);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.font = '12px system-ui, sans-serif';
      pen.textBaseline = 'middle';
      const ink = style('--ink');
      const muted = style('--muted');
      const none = style('--cell-none');
      const low = style('--cell-low');
      const high = style('--cell-high');
      pen.fillStyle = muted;
      const skip = Math.ceil(12 / width);
      map.columns.forEach((column, c) => {
        if (c % skip !== 0) {
          return;
        }
        pen.save();
        pen.translate(left + (c + 0.5) * width, top - 6);
        if (steep) {
          pen.rotate(-Math.PI / 4);
          pen.textAlign = 'left';
          pen.fillText(fit(column, 190), 0, 0);
        } else {
          pen.textAlign = 'center';
          pen.fillText(column, 0, -2);
        }
        pen.restore();
      });
      const thin = Math.ceil(12 / height);
      cells.forEach((line, r) => {
        pen.textAlign = 'right';
        pen.fillStyle = muted;
        if (r % thin === 0) {
          pen.fillText(fit(map.rows[r], left - 10), left - 6, top + (r + 0.5) * height);
        }
        pen.textAlign = 'center';
        line.forEach((cell, c) => {
          const x = left + c * width;
          const y = top + r * height;
          pen.fillStyle = none;
          pen.fillRect(x, y, width - 1, height - 1);
          if (cell === null) {
            return;
          }
          if (cell.colour) {
            pen.fillStyle = style(cell.colour);
            pen.fillRect(x, y, width - 1, height - 1);
          } else {
            pen.fillStyle = low;
            pen.fillRect(x, y, width - 1, height - 1);
            pen.globalAlpha = cell.share;
            pen.fillStyle = high;
            pen.fillRect(x, y, width - 1, height - 1);
            pen.globalAlpha = 1;
          }
          if (cell.letter && height >= 12 && pen.measureText(cell.letter).width <= width - 3) {
            pen.fillStyle = cell.colour ? style('--on-colour') : cell.share > 0.55 ? style('--on-high') : ink;
            pen.fillText(cell.letter, x + width / 2, y + height / 2);
          }
        });
      });
      if (at !== null) {
        pen.strokeStyle = style('--focus');
        pen.lineWidth = 2;
        pen.strokeRect(left + at.c * width - 1, top + at.r * height - 1, width + 1, height + 1);
      }
    }

    function show(next) {
      at = next;
      if (at !== null) {
        const cell = cells[at.r][at.c];
        said.replaceChildren(qtrace.whole(map.rows[at.r]), ' · ', qtrace.whole(map.columns[at.c]), ': ',
          qtrace.whole(cell === null ? map.nothing : cell.text));
      }
      draw();
    }

    canvas.addEventListener('pointermove', event => {
      const {left, top, width, height, right, bottom} = geometry;
      if (event.offsetX >= left && event.offsetX < right && event.offsetY >= top && event.offsetY < bottom) {
        const next = {r: Math.floor((event.offsetY - top) / height), c: Math.floor((event.offsetX - left) / width)};
        if (at === null || next.r !== at.r || next.c !== at.c) {
          show(next);
        }
      }
    });
    canvas.addEventListener('keydown', event => {
      const moves = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
        Home: [0, -Infinity], End: [0, Infinity]};
      const move = moves[event.key];
      if (move) {
        event.preventDefault();
        const bound = (value, count) => Math.max(0, Math.min(count - 1, value));
        show(at === null ? {r: 0, c: 0}
          : {r: bound(at.r + move[0], map.rows.length), c: bound(at.c + move[1], map.columns.length)});
      }
    });
    qtrace.redraw(box, draw);
  };
})();
