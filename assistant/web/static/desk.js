// The desk without a wait: search as you type, the keyboard, copying, and the brief kept in this tab.
// Every page works without this file; here a link is done in place, and nothing is sent but what the link would send.
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const said = one("[data-said]");
  let quiet = 0;
  const tell = (text) => {
    said.textContent = text;
    clearTimeout(quiet);
    quiet = setTimeout(() => { said.textContent = ""; }, 2500);
  };

  // The brief: ids in order with a note each. It lives as long as this tab.
  const KEY = "doorstep-brief";
  const LAST = "doorstep-lookup";
  const kept = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };
  const keep = (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* no storage: the address still holds it */ } };
  const brief = () => {
    try {
      const rows = JSON.parse(kept(KEY) || "[]");
      return Array.isArray(rows) ? rows.filter((r) => r && typeof r.id === "string") : [];
    } catch { return []; }
  };
  const briefAddress = (rows) => rows.length ? `/lookup/brief?${rows.map((r) => `p=${encodeURIComponent(r.id)}`).join("&")}` : "/lookup/brief";
  const showBrief = () => {
    const rows = brief();
    const link = one("[data-brief]");
    link.textContent = rows.length ? `Brief (${rows.length})` : "Brief";
    link.href = briefAddress(rows);
    const ids = new Set(rows.map((r) => r.id));
    all("[data-add]").forEach((a) => { a.textContent = ids.has(a.dataset.add) ? "In the brief" : "Add to brief"; });
  };
  const setBrief = (rows) => { keep(KEY, JSON.stringify(rows)); showBrief(); };
  const add = (id) => {
    const rows = brief();
    if (rows.some((r) => r.id === id)) { tell("It is in the brief already"); return; }
    if (rows.length >= 100) { tell("The brief is full: 100 passages"); return; }
    setBrief([...rows, { id, note: "" }]);
    tell(`Added to the brief: ${rows.length + 1}`);
  };

  const copy = async (address) => {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "dk-unseen";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    tell("Copied with its citation");
  };

  // Looking up as you type: the part of the page with the results is fetched and put in place of the old one.
  const form = one("[data-search]");
  let asking = null;
  let timer = 0;
  const narrow = matchMedia("(max-width: 56rem)");
  const fold = () => { const f = one("[data-facets]"); if (f && narrow.matches) f.open = false; };
  const remember = () => { if (location.pathname === "/lookup") keep(LAST, location.pathname + location.search); };
  const put = async (address, push) => {
    if (asking) asking.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const answer = await fetch(address.replace("/lookup", "/lookup/results"), { signal: mine.signal, credentials: "same-origin" });
      const text = await answer.text();
      if (mine.signal.aborted) return;
      const fresh = one("[data-found]", new DOMParser().parseFromString(text, "text/html"));
      if (!fresh) { location.assign(address); return; }
      const open = one("[data-facets]");
      const wasOpen = open ? open.open : true;
      one("[data-found]").replaceWith(document.importNode(fresh, true));
      const now = one("[data-facets]");
      if (now) now.open = wasOpen;
      if (push) history.pushState(null, "", address); else history.replaceState(null, "", address);
      remember();
      showBrief();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    }
  };
  const addressOf = () => {
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) asked.set(name, value);
    const text = asked.toString();
    return text ? `/lookup?${text}` : "/lookup";
  };
  const fillForm = () => {
    const asked = new URLSearchParams(location.search);
    one("#q").value = asked.get("q") || "";
    all("input[type=hidden]", form).forEach((e) => e.remove());
    for (const [name, value] of asked) {
      if (name === "q" || name === "skip") continue;
      const hidden = document.createElement("input");
      Object.assign(hidden, { type: "hidden", name, value });
      form.append(hidden);
    }
  };
  if (form) {
    one("[data-keys]").hidden = false;
    fold();
    remember();
    form.addEventListener("submit", (e) => { e.preventDefault(); clearTimeout(timer); put(addressOf(), true); });
    one("#q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => put(addressOf(), false), 180); });
    addEventListener("popstate", () => { fillForm(); put(location.pathname + location.search, false); });
  }
  const talked = one("[data-lookup]");
  if (!form && kept(LAST)) talked.href = kept(LAST);

  document.addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("a, button");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    const act = (done) => { e.preventDefault(); done(); };
    if (link.matches("[data-copy]")) act(() => copy(link.href).catch(() => location.assign(link.href)));
    else if (link.matches("[data-add]")) act(() => add(link.dataset.add));
    else if (link.matches("[data-clear]")) act(() => { setBrief([]); location.assign("/lookup/brief"); });
    else if (link.matches("[data-take]")) act(() => { setBrief(brief().filter((r) => r.id !== link.dataset.take)); location.assign(link.href); });
    else if (link.matches("[data-leave]")) act(() => { document.documentElement.style.visibility = "hidden"; location.replace("/leave"); });
    else if (link.matches("[data-print] button")) act(() => print());
    else if (form && link.matches(".dk-facets a, .dk-pages a")) {
      act(async () => {
        const page = link.matches(".dk-pages a");
        const label = link.closest("section[aria-labelledby]");
        const where = label ? label.getAttribute("aria-labelledby") : "";
        await put(link.pathname + link.search, true);
        fillForm();
        if (page) { scrollTo({ top: 0 }); one("#main").focus({ preventScroll: true }); return; }
        const back = where && document.getElementById(where);
        const next = back && one("a", back.parentElement);
        (next || one("[data-facets] summary") || one("#q")).focus({ preventScroll: true });
      });
    }
  });

  // Keys: / to the search, arrows from result to result, Enter opens (it is a link), c copies, b adds to the brief.
  const cards = () => all("article[data-passage]");
  const current = () => { const at = document.activeElement; return (at && at.closest && at.closest("article[data-passage]")) || one("article.dk-here") || cards()[0]; };
  const go = (step) => {
    const list = cards();
    if (!list.length) return;
    const at = document.activeElement && document.activeElement.closest("article[data-passage]");
    const next = list[Math.min(list.length - 1, Math.max(0, at ? list.indexOf(at) + step : step > 0 ? 0 : list.length - 1))];
    if (at && step < 0 && list.indexOf(at) === 0 && form) { one("#q").focus(); return; }
    list.forEach((c) => c.classList.toggle("dk-here", c === next));
    const link = one("a.dk-open", next);
    if (link) { link.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = e.target.matches("input, textarea, select");
    if (e.key === "/" && !typing && one("#q")) { e.preventDefault(); one("#q").focus(); one("#q").select(); }
    else if (e.key === "ArrowDown" && (!typing || e.target.id === "q") && form) { e.preventDefault(); go(1); }
    else if (e.key === "ArrowUp" && !typing && form) { e.preventDefault(); go(-1); }
    else if (!typing && (e.key === "c" || e.key === "b") && current()) {
      e.preventDefault();
      const link = one(e.key === "c" ? "[data-copy]" : "[data-add]", current());
      if (link) link.click();
    }
  });

  all("[data-print]").forEach((e) => { e.hidden = false; });

  // On the brief's own page the address says what is in it; notes are kept here as they are typed.
  const items = one("[data-items]");
  if (location.pathname === "/lookup/brief") {
    if (items) {
      const notes = new Map(brief().map((r) => [r.id, r.note || ""]));
      const shown = all("textarea[data-note]", items);
      shown.forEach((t) => { if (!t.value) t.value = notes.get(t.dataset.note) || ""; });
      const save = () => setBrief(shown.map((t) => ({ id: t.dataset.note, note: t.value })));
      save();
      items.addEventListener("input", save);
    } else if (brief().length) {
      location.replace(briefAddress(brief()));
    }
  }
  showBrief();
})();
