// Notices private details in the message box before it is sent, and offers to hide them. The patterns are the ones of
// knowledge/private.yaml and run here, so that noticing sends nothing. Without this file the box works as before.
(() => {
  "use strict";
  const BOXES = "#composer textarea, .ds-composer textarea";
  let rules = null;

  // One fetch for a page, at the first letter typed. A browser that cannot read the patterns notices nothing.
  const load = () => {
    rules ??= fetch("/look/private.json", { credentials: "same-origin" }).then(async (got) => {
      const data = await got.json();
      const made = ([pattern, anyCase]) => new RegExp(pattern, anyCase ? "dgiu" : "dgu");
      return {
        say: data.say,
        kinds: data.kinds.map((k) => ({ ...k, patterns: k.patterns.map(made) })),
        open: data.public.map((p) => made([p, true])),
      };
    }).catch(() => null);
    return rules;
  };

  const find = (text, { kinds, open }) => {
    const known = open.flatMap((p) => [...text.matchAll(p)].map((m) => m.indices[0]));
    const found = [];
    for (const kind of kinds) {
      for (const pattern of kind.patterns) {
        for (const m of text.matchAll(pattern)) {
          const [start, end] = m.indices.length > 1 ? m.indices[1] : m.indices[0];
          if (known.some(([a, b]) => a <= start && end <= b)) continue;
          if (!found.some((s) => start < s.end && s.start < end)) found.push({ start, end, kind });
        }
      }
    }
    return found.sort((a, b) => a.start - b.start);
  };

  const masked = (text, spans) => {
    let out = "", at = 0;
    for (const s of spans) { out += text.slice(at, s.start) + s.kind.mask; at = s.end; }
    return out + text.slice(at);
  };

  const noteOf = (box) => {
    const row = box.closest("#composer, .ds-composer");
    let note = row.querySelector(":scope > .ds-private");
    if (!note) {
      note = document.createElement("div");
      note.className = "ds-private";
      note.setAttribute("role", "status");
      row.prepend(note);
    }
    return note;
  };

  const put = (box, text) => {  // as if it had been typed, so that the page's own copy of the text changes too
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };

  const listed = (labels) => labels.length < 2 ? labels.join("") : `${labels.slice(0, -1).join(", ")} and ${labels.at(-1)}`;

  const look = async (box) => {
    const all = await load();
    const note = noteOf(box);
    if (!all) return;
    const spans = find(box.value, all);
    if (!spans.length) {
      if (!note.dataset.hidden) note.replaceChildren();
      delete note.dataset.hidden;
      return;
    }
    const [words, button, done] = all.say;
    const details = listed([...new Set(spans.map((s) => s.kind.label))]);
    const text = words.replace("$details", details);
    if (note.firstChild && note.firstChild.textContent === text) return;
    const hide = document.createElement("button");
    hide.type = "button";
    hide.textContent = button;
    hide.addEventListener("click", () => {
      note.dataset.hidden = "1";
      note.replaceChildren(done);
      put(box, masked(box.value, find(box.value, all)));
    });
    const said = document.createElement("span");
    said.textContent = text;
    note.replaceChildren(said, hide);
  };

  const waiting = new WeakMap();
  document.addEventListener("input", (e) => {
    const box = e.target;
    if (!(box.matches && box.matches(BOXES))) return;
    clearTimeout(waiting.get(box));
    waiting.set(box, setTimeout(() => look(box), 300));
  }, true);

  // What was sent is no longer in the box: the note goes with it.
  const cleared = () => setTimeout(() => {
    for (const note of document.querySelectorAll(".ds-private")) {
      const box = note.parentElement.querySelector("textarea");
      if (!box || !box.value.trim()) note.replaceChildren();
    }
  }, 800);
  document.addEventListener("click", cleared, true);
  document.addEventListener("keydown", (e) => { if (e.key === "Enter") cleared(); }, true);
})();
