"""make train: tune the packaged encoder on Doorstep's own messages; writes a low-rank difference of about 1.3 MB.

LoRA (Hu et al., 2021) of rank 16 on every linear layer of all-MiniLM-L6-v2; the base weights stay as packaged. Three
losses: which situation a message tells (cosine classifier), which statement answers it (in-batch negatives; van den
Oord et al., 2018), and staying near where the base encoder puts it. A quarter of the messages, by the hash of their
text, is held out: what is learned is kept only if it ranks the situations of those messages better.
"""

from __future__ import annotations

import hashlib
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.settings import Settings, quiet_environment

quiet_environment()

SEED, RANK, SCALE = 7, 16, 2.0
BATCH, EPOCHS, RATE, HEAD_RATE, WARM = 64, 3, 8e-4, 5e-3, 20
MAX_TOKENS = 160
TEMPERATURE = 20.0
ANSWERS, STAY = 0.5, 0.3  # weights of the second and third loss beside the first


def held_out(text: str) -> bool:
    """A quarter of all messages, the same ones on every machine, whatever is added to the file."""
    return hashlib.sha256(text.encode()).digest()[0] < 64


def _lora_class() -> Any:
    import torch
    from torch import nn
    from torch.nn import functional

    class Lora(nn.Module):
        """A frozen linear layer plus scale x B A."""

        def __init__(self, base: Any) -> None:
            super().__init__()
            self.base = base
            self.a = nn.Parameter(torch.randn(RANK, base.in_features) / math.sqrt(base.in_features))
            self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

        def forward(self, x: Any) -> Any:
            return self.base(x) + SCALE * functional.linear(functional.linear(x, self.a), self.b)

    return Lora


def _with_loras(encoder: Any) -> dict[str, Any]:
    """Freeze the encoder and put a Lora around each linear layer; returned by the layer's name."""
    from torch import nn

    for parameter in encoder.parameters():
        parameter.requires_grad_(False)
    found = {}
    for name, layer in list(encoder.named_modules()):
        if isinstance(layer, nn.Linear) and "encoder.layer" in name:
            parent = encoder.get_submodule(name.rsplit(".", 1)[0])
            found[name] = _lora_class()(layer)
            setattr(parent, name.rsplit(".", 1)[1], found[name])
    return found


class Encoder:
    """The packaged weights with what is learned, as texts to unit vectors that gradients flow through."""

    def __init__(self) -> None:
        """Load the packaged weights."""
        from sentence_transformers import SentenceTransformer

        from assistant.embedding import weights_folder
        from assistant.settings import PACKAGED_MODEL

        folder = str(weights_folder(PACKAGED_MODEL))
        self._model: Any = SentenceTransformer(folder, device="cpu", local_files_only=True)
        self.loras = _with_loras(self._model[0].auto_model)

    def __call__(self, texts: list[str]) -> Any:
        """Shape (n, 384); mean of the token vectors, length 1."""
        from torch.nn import functional

        batch = self._model.tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        hidden = self._model[0].auto_model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        return functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)

    def vectors(self, texts: list[str]) -> Any:
        """The same as numbers, without gradients, in the order given."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), 384), np.float32)
        with torch.no_grad():
            for at in range(0, len(order), BATCH):
                rows = order[at : at + BATCH]
                out[rows] = self([texts[i] for i in rows]).numpy()
        return out


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices in batches of like length, shuffled for ever."""
    while True:
        order = np.random.permutation(len(lengths)).tolist()
        for at in range(0, len(order), BATCH * 8):
            near = sorted(order[at : at + BATCH * 8], key=lambda i: lengths[i])
            groups = [near[k : k + BATCH] for k in range(0, len(near), BATCH)]
            random.shuffle(groups)
            yield from (g for g in groups if len(g) >= 8)


def accuracy(vectors: Any, messages: list[Any]) -> dict[str, float]:
    """Share of held-out messages whose main situation is ranked first, within three and within five."""
    from assistant.classifier import fit

    learn = [n for n, m in enumerate(messages) if not held_out(m.text)]
    told = [(n, s, 1.0 if k == 0 else 0.5) for n in learn for k, s in enumerate(messages[n].situations)]
    reading = fit(
        [messages[n].text for n, _, _ in told], vectors[[n for n, _, _ in told]],
        [s for _, s, _ in told], [w for _, _, w in told],
    )  # fmt: skip
    places = []
    for n, m in enumerate(messages):
        if held_out(m.text):
            chance = reading.chance(m.text, vectors[n])
            ranked = sorted(chance, key=lambda s: -chance[s])
            places.append(ranked.index(m.situations[0]) if m.situations[0] in chance else len(ranked))
    return {f"first {k}": round(float(np.mean([p < k for p in places])), 3) for k in (1, 3, 5)}


def main() -> int:
    """Train, compare on the held-out quarter, and write the difference if it is better."""
    import torch
    from safetensors.torch import save_file
    from torch import nn
    from torch.nn import functional

    from assistant.knowledge import load
    from assistant.settings import MINILM_SHA256

    torch.manual_seed(SEED)
    random.seed(SEED)
    np.random.seed(SEED)
    torch.set_num_threads(2)
    settings = Settings.read()
    knowledge = load(settings.root)
    messages = list(knowledge.messages)
    train = [m for m in messages if not held_out(m.text)]
    say_of = {s.id: s for s in knowledge.situations}
    text_of = {s.id: s.text for p in knowledge.passages for s in p.statements}
    names = list(say_of)
    place = {s: n for n, s in enumerate(names)}
    encoder = Encoder()
    started = time.monotonic()
    before = encoder.vectors([m.text for m in messages])
    base = torch.tensor(before[[n for n, m in enumerate(messages) if not held_out(m.text)]])
    centres = np.stack(
        [np.mean([v for v, m in zip(base.numpy(), train, strict=True) if s in m.situations], 0) for s in names]
    )
    head = nn.Parameter(torch.tensor(centres / np.linalg.norm(centres, axis=1, keepdims=True)))
    learned = [p for lora in encoder.loras.values() for p in (lora.a, lora.b)]
    optimiser = torch.optim.AdamW(
        [{"params": learned, "lr": RATE}, {"params": [head], "lr": HEAD_RATE}], weight_decay=0.01
    )
    steps = EPOCHS * len(train) // BATCH
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: min(1, (n + 1) / WARM) * max(0.05, 1 - n / steps))
    batches = _batches([len(m.text) for m in train])
    for step in range(steps):
        rows = next(batches)
        told = [train[n] for n in rows]
        wanted = torch.zeros(len(told), len(names))
        for n, m in enumerate(told):
            for k, s in enumerate(m.situations):
                wanted[n, place[s]] = 1.0 if k == 0 else 0.5
        wanted /= wanted.sum(1, keepdim=True)
        said = []
        for m in told:
            situation = say_of[m.situations[0]]
            said.append(random.choices(situation.say, [2 if s in situation.vital else 1 for s in situation.say])[0])
        vectors, answers = encoder([m.text for m in told]), encoder([text_of[s] for s in said])
        which = functional.log_softmax(TEMPERATURE * vectors @ functional.normalize(head, dim=1).T, 1)
        near = TEMPERATURE * vectors @ answers.T
        also = [{x for s in m.situations for x in say_of[s].say} for m in told]
        right = torch.tensor([[a != b and said[b] in also[a] for b in range(len(told))] for a in range(len(told))])
        loss = (
            -(wanted * which).sum(1).mean()
            + ANSWERS * functional.cross_entropy(near.masked_fill(right, -1e4), torch.arange(len(told)))
            + STAY * ((vectors - base[rows]) ** 2).sum(1).mean()
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 19:
            print(f"step {step + 1} of {steps}, loss {float(loss):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    old, new = accuracy(before, messages), accuracy(encoder.vectors([m.text for m in messages]), messages)
    print(f"held-out messages, packaged {old}, tuned {new}")
    if new["first 3"] <= old["first 3"]:
        print("not better: nothing written")
        return 1
    file = settings.knowledge / "encoder" / "minilm-doorstep.safetensors"
    file.parent.mkdir(exist_ok=True)
    stored = {
        f"{name}.{part}": getattr(lora, part).detach().half().contiguous()
        for name, lora in encoder.loras.items() for part in ("a", "b")
    }  # fmt: skip
    save_file(stored, str(file), metadata={"scale": str(SCALE), "base": MINILM_SHA256})
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    file.with_suffix(".sha256").write_text(f"{digest}  {file.name}\n", encoding="utf-8")
    print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB, SHA-256 {digest[:12]}; build the index again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
