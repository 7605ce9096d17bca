'use strict';
// Tables of any length: of a long one only the rows in view are in the page.
(() => {
  const PLAIN = 60; // rows that are all in the page
  const HEIGHT = 34; // of a row of a long table, as in page.css
  const VIEW = 14;
  const PRINTED = 500;

  function header(columns) {
    return qtrace.el('thead', {}, qtrace.el('tr', {'aria-rowindex': '1'},
      columns.map(column => qtrace.el('th', {scope: 'col', class: column.number ? 'number' : null}, column.title))));
  }

  function line(columns, row, index) {
    return qtrace.el('tr', {'aria-rowindex': String(index + 2)}, columns.map(column =>
      qtrace.el('td', {class: column.number ? 'number' : null}, column.cell(row))));
  }

  /**
   * Adds a table to an element.
   *
   * @param columns title, cell(row), text(row) that a search looks at, number where digits are aligned
   * @return an object with search(text), which shows the rows that have the text and returns their number
   */
  qtrace.list = (parent, caption, columns, rows) => {
    let shown = rows;
    const body = qtrace.el('tbody');
    const table = qtrace.el('table', {}, qtrace.el('caption', {class: 'hidden'}, caption), header(columns), body);
    const box = qtrace.el('div', {class: 'list', tabindex: '0', role: 'region', 'aria-label': caption}, table);
    const long = rows.length > PLAIN;
    box.classList.toggle('long', long);
    parent.append(box);

    function space(count) {
      const cell = qtrace.el('td', {colspan: String(columns.length)});
      cell.style.height = count * HEIGHT + 'px';
      return qtrace.el('tr', {class: 'space', 'aria-hidden': 'true'}, cell);
    }

    let first = -1;
    function draw(all = false) {
      table.setAttribute('aria-rowcount', String(shown.length + 1));
      if (!long || all) {
        body.replaceChildren(...shown.slice(0, PRINTED).map((row, i) => line(columns, row, i)));
        first = -1;
        return;
      }
      const top = Math.max(0, Math.min(Math.floor(box.scrollTop / HEIGHT) - VIEW, shown.length - VIEW));
      if (top === first) {
        return;
      }
      first = top;
      const end = Math.min(shown.length, top + 4 * VIEW);
      body.replaceChildren(space(top), ...shown.slice(top, end).map((row, i) => line(columns, row, top + i)),
        space(shown.length - end));
    }

    box.addEventListener('scroll', () => draw(), {passive: true});
    addEventListener('beforeprint', () => draw(true));
    addEventListener('afterprint', () => draw());
    draw();
    return {
      search(text) {
        const wanted = text.toLowerCase();
        shown = wanted === ''
          ? rows
          : rows.filter(row => columns.some(column => column.text && (column.text(row) ?? '').toLowerCase().includes(wanted)));
        first = -1;
        box.scrollTop = 0;
        draw();
        return shown.length;
      }
    };
  };
})();
