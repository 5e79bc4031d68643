// Opens a passage in a native dialog, leads to the desk, and shows the start of a new answer.
// Works by delegation: Gradio builds and rebuilds its parts at will. Without this file the same links open pages.
(() => {
  "use strict";
  const isPassage = (a) => a && a.pathname && a.pathname.startsWith("/passages/") && a.origin === location.origin;
  const make = (tag, text, cls) => {
    const el = document.createElement(tag);
    if (text) el.textContent = text;
    if (cls) el.className = cls;
    return el;
  };

  let dialog = null;
  const theDialog = () => {
    if (dialog) return dialog;
    dialog = make("dialog", "", "ds-dialog");
    dialog.setAttribute("aria-labelledby", "ds-dialog-title");
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    (document.querySelector(".gradio-container") || document.body).append(dialog);
    return dialog;
  };

  const marked = (passage, statementId) => {
    const holder = make("div");
    const wanted = passage.statements.find((s) => s.id.split(".").pop() === statementId);
    const put = (text) => text.split("\n").forEach((row, i) => { if (i) holder.append(make("br")); holder.append(row); });
    if (!wanted) { put(passage.text); return holder; }
    put(passage.text.slice(0, wanted.start));
    holder.append(make("mark", passage.text.slice(wanted.start, wanted.end)));
    put(passage.text.slice(wanted.end));
    return holder;
  };

  const fill = (passage, statementId, address) => {
    const box = theDialog();
    const body = make("div", "", "ds-dialog-body");
    const top = make("div", "", "ds-dialog-top");
    const close = make("button", "Close");
    close.type = "button";
    close.addEventListener("click", () => box.close());
    top.append(close);
    const title = make("h2", `${passage.page_title}: ${passage.heading}`);
    title.id = "ds-dialog-title";
    body.append(title);
    body.append(make("p", `${passage.jurisdiction}${passage.reviewed ? ` · reviewed ${passage.reviewed}` : ""}`, "ds-meta"));
    body.append(marked(passage, statementId));
    const said = passage.statements.find((s) => s.id.split(".").pop() === statementId);
    if (said && said.speaker) body.append(make("p", `Marked sentence: ${said.speaker}`, "ds-meta"));
    body.append(make("h3", "Sources and where to check them"));
    const list = make("ul");
    for (const s of passage.sources) {
      list.append(make("li", `${s.title}, ${s.publisher} (${s.as_of}). Check at: ${s.check_at}.${s.caveat ? ` Note: ${s.caveat}` : ""}`));
    }
    body.append(list);
    const open = make("a", "Open as a page");
    open.href = address;
    open.target = "_blank";
    open.rel = "noopener";
    body.append(open);
    box.replaceChildren(top, body);
    box.showModal();
    box.scrollTop = 0;
    const mark = body.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "nearest" });
    close.focus({ preventScroll: true });
  };

  const load = async (link) => {
    const answer = await fetch(link.pathname, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  document.addEventListener("click", async (e) => {
    const link = e.target.closest && e.target.closest("a.ds-cite, a.ds-open");
    if (!isPassage(link) || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    e.stopPropagation();
    const address = link.pathname + link.hash;
    try { fill(await load(link), link.hash.slice(1), address); } catch { location.assign(address); }
  }, true);

  // The desk opens beside the conversation, at what was looked up last in this tab.
  document.addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("#desk a");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    const here = document.querySelector("#chat .ds-said");
    let last = null;
    try { last = sessionStorage.getItem("doorstep-lookup"); } catch { /* no storage */ }
    const address = link.matches(".ds-desk") && last ? last : link.getAttribute("href");
    if (here) window.open(address, "doorstep-desk"); else location.assign(address);
  });

  // "Leave this page": blank at once, let the server forget (the button's own event), then a neutral page in place of this one.
  document.addEventListener("click", (e) => {
    if (!(e.target.closest && e.target.closest("#leave"))) return;
    document.documentElement.style.visibility = "hidden";
    setTimeout(() => location.replace("/leave"), 200);
  });

  // Answers saved in a file: read here and put into the box, so that nothing has to be uploaded.
  const MAX_FILE = 300000;
  const put = (area, text) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(area, text);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const takeUp = (text) => {
    const area = document.querySelector("#saved textarea");
    if (!area) return;
    put(area, text);
    setTimeout(() => document.querySelector("#take-up").click(), 150);
  };

  // Only if the parent ticks the box, answers are also kept in this browser, and one button erases them.
  const KEY = "doorstep-answers";
  const store = {
    get: () => { try { return localStorage.getItem(KEY); } catch { return null; } },
    set: (text) => { try { localStorage.setItem(KEY, text); } catch { /* not allowed here */ } },
    clear: () => { try { localStorage.removeItem(KEY); } catch { /* not allowed here */ } },
  };
  let keeping = store.get() !== null;
  const keep = async () => {
    const links = document.querySelectorAll('a[href$="/answers.json"]');
    const link = links[links.length - 1];
    if (!keeping || !link) return;
    const got = await fetch(link.pathname, { credentials: "same-origin" });
    if (got.ok && keeping) store.set(await got.text());
  };
  const savedPart = () => {
    const area = document.querySelector("#saved textarea");
    if (!area || document.querySelector("#ds-file")) return;
    const row = make("div", "", "ds-takes");
    const label = make("label", "Choose a file", "ds-file");
    const file = make("input");
    file.type = "file"; file.id = "ds-file"; file.accept = ".json,application/json"; file.className = "ds-unseen";
    file.addEventListener("change", async () => {
      const chosen = file.files[0];
      if (chosen) takeUp(chosen.size > MAX_FILE ? "x".repeat(MAX_FILE) : await chosen.text());
      file.value = "";
    });
    label.append(file);
    const tick = make("label", "", "ds-file");
    const box = make("input");
    box.type = "checkbox"; box.id = "ds-keep"; box.checked = keeping;
    box.addEventListener("change", () => { keeping = box.checked; if (keeping) keep(); else store.clear(); });
    tick.append(box, "\u00a0Keep my answers in this browser");
    const erase = make("button", "Erase them", "ds-file");
    erase.type = "button";
    erase.addEventListener("click", () => { keeping = false; box.checked = false; store.clear(); });
    row.append(label, tick, erase);
    if (store.get()) {
      const on = make("button", "Go on with what is kept here", "ds-file");
      on.type = "button";
      on.addEventListener("click", () => takeUp(store.get() || ""));
      row.append(on);
    }
    area.closest("#saved").after(row);
  };
  document.addEventListener("click", (e) => {
    const target = e.target.closest && e.target.closest("#print-now, #start-over, #leave");
    if (target && target.id === "print-now") window.print();
    else if (target) { keeping = false; }
  });
  // A new question of a guide takes the focus, so that a screen reader reads it and the keyboard goes on from there.
  let asked = "";
  const toQuestion = () => {
    const all = document.querySelectorAll("#chat h3.ds-question");
    const last = all[all.length - 1];
    const key = last ? `${all.length}:${last.textContent}` : "";
    if (key === asked) return;
    asked = key;
    if (!last) return;
    last.tabIndex = -1;
    last.focus({ preventScroll: true });
    keep();
  };

  // The start of a new answer is what is read first: bring the last question to the top once.
  let seen = 0;
  new MutationObserver(() => {
    toQuestion(); savedPart();
    const said = document.querySelectorAll("#chat .ds-said");
    if (said.length === seen) return;
    seen = said.length;
    const last = said[said.length - 1];
    if (last) requestAnimationFrame(() => window.scrollTo({ top: window.scrollY + last.getBoundingClientRect().top - 16 }));
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
