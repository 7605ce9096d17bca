'use strict';
// What the report shows: rows of its pictures, by name.
const qtrace = {};
(() => {
  // Columns with positions of texts into rows with texts.
  function rows(picture, texts) {
    const names = Object.keys(picture.columns);
    const text = value => value === null ? null : Array.isArray(value) ? value.map(text) : texts[value];
    const columns = names.map(name =>
      picture.texts.includes(name) ? picture.columns[name].map(text) : picture.columns[name]);
    const count = columns.length ? columns[0].length : 0;
    return Array.from({length: count}, (_, i) => Object.fromEntries(names.map((name, c) => [name, columns[c][i]])));
  }

  function decode(document) {
    const {scope, texts, ...pictures} = document;
    return Object.fromEntries(Object.entries(pictures).map(([name, picture]) =>
      [name, {sql: `${scope};\n\n${picture.sql};\n`, total: picture.total, rows: rows(picture, texts)}]));
  }

  async function unpack() {
    const packed = atob(document.getElementById('details').textContent);
    const bytes = Uint8Array.from(packed, c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return decode(JSON.parse(await new Response(stream).text()));
  }

  qtrace.summary = decode(JSON.parse(document.getElementById('summary').textContent));
  qtrace.checkpoints = new Map(qtrace.summary.checkpoints.rows.map(row => [row.checkpoint_id, row]));
  qtrace.edgeKey = row => row.parent_id + ' ' + row.child_id;

  let details = null;
  // The pictures that are folded when the page opens.
  qtrace.details = () => details ??= unpack();

  // The path of a checkpoint, of which the tables may have only the identifier.
  qtrace.path = id => qtrace.checkpoints.get(id)?.path ?? id;
})();
