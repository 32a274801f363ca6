"""MultiWOZ 2.2: written dialogues about booking and asking in a town, with the state and the acts of each turn.

Knows: the shards, the JSON of a dialogue, and the two configurations. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://github.com/budzianowski/multiwoz/raw/master/data/MultiWOZ_2.2/"
SHARDS = {"train": ("train", 17), "validation": ("dev", 2), "test": ("test", 2)}

DESCRIPTION = """Written dialogues in English between a visitor of a town and a clerk, about restaurants, trains and five
other things, with the state and the acts of each turn."""

CITATION = """@misc{zang2020,
  title = {MultiWOZ 2.2 : A Dialogue Dataset with Additional Annotation Corrections and State Tracking Baselines},
  author = {Xiaoxue Zang and Abhinav Rastogi and Srinivas Sunkara and Raghav Gupta and Jianguo Zhang and Jindong Chen},
  year = {2020},
  howpublished = {CoRR},
  url = {https://arxiv.org/abs/2007.12720},
}"""

TEXT, NUMBER = datasets.Value("string"), datasets.Value("int32")
TEXTS = datasets.Sequence(TEXT)
FRAME = {
    "service": TEXT,
    "state": {
        "active_intent": TEXT,
        "requested_slots": TEXTS,
        "slots_values": datasets.Sequence({"slots_values_name": TEXT, "slots_values_list": TEXTS}),
    },
    "slots": datasets.Sequence(
        {
            "slot": TEXT,
            "value": TEXT,
            "start": NUMBER,
            "exclusive_end": NUMBER,
            "copy_from": TEXT,
            "copy_from_value": TEXTS,
        }
    ),
}
SLOT = {"slot_name": TEXT, "slot_value": TEXT}
SPAN = {"act_type": TEXT, "act_slot_name": TEXT, "act_slot_value": TEXT, "span_start": NUMBER, "span_end": NUMBER}
ACTS = {
    "dialog_act": datasets.Sequence({"act_type": TEXT, "act_slots": datasets.Sequence(SLOT)}),
    "span_info": datasets.Sequence(SPAN),
}
TURN = {
    "turn_id": TEXT,
    "speaker": datasets.ClassLabel(names=["USER", "SYSTEM"]),
    "utterance": TEXT,
    "frames": datasets.Sequence(FRAME),
    "dialogue_acts": ACTS,
}


class MultiWozV22(datasets.GeneratorBasedBuilder):
    """Builder of the dialogues with all frames, and with those of an active intent only."""

    VERSION = datasets.Version("2.2.0")
    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="v2.2", description="All frames of each turn."),
        datasets.BuilderConfig(name="v2.2_active_only", description="The frames of an active intent."),
    ]
    DEFAULT_CONFIG_NAME = "v2.2_active_only"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/budzianowski/multiwoz/tree/master/data/MultiWOZ_2.2",
            license="apache-2.0",
            features=datasets.Features({"dialogue_id": TEXT, "services": TEXTS, "turns": datasets.Sequence(TURN)}),
        )

    def _split_generators(self, dl_manager):
        acts = dl_manager.download(BASE + "dialog_acts.json")
        shards = {
            split: [f"{BASE}{folder}/dialogues_{number:03}.json" for number in range(1, count + 1)]
            for split, (folder, count) in SHARDS.items()
        }
        paths = dl_manager.download(shards)
        return [datasets.SplitGenerator(split, {"paths": paths[split], "acts": acts}) for split in SHARDS]

    def _generate_examples(self, paths, acts):
        acts_of = json_document(acts)
        for path in paths:
            for dialogue in json_document(path):
                turns = acts_of.get(dialogue["dialogue_id"], {})
                yield (
                    dialogue["dialogue_id"],
                    {
                        "dialogue_id": dialogue["dialogue_id"],
                        "services": dialogue["services"],
                        "turns": [self._turn(turn, turns.get(turn["turn_id"], {})) for turn in dialogue["turns"]],
                    },
                )

    def _turn(self, turn, acts):
        frames = turn["frames"]
        if self.config.name == "v2.2_active_only":
            frames = [frame for frame in frames if frame.get("state", {}).get("active_intent", "NONE") != "NONE"]
        return {
            "turn_id": turn["turn_id"],
            "speaker": turn["speaker"],
            "utterance": turn["utterance"],
            "frames": [frame_of(frame) for frame in frames],
            "dialogue_acts": {
                "dialog_act": [
                    {"act_type": kind, "act_slots": [dict(zip(SLOT, slot, strict=True)) for slot in slots]}
                    for kind, slots in acts.get("dialog_act", {}).items()
                ],
                "span_info": [dict(zip(SPAN, span, strict=True)) for span in acts.get("span_info", ())],
            },
        }


def frame_of(frame):
    """A frame, with empty values for what it lacks."""
    state = frame.get("state", {})
    values = state.get("slot_values", {})
    return {
        "service": frame["service"],
        "state": {
            "active_intent": state.get("active_intent", ""),
            "requested_slots": state.get("requested_slots", []),
            "slots_values": {"slots_values_name": list(values), "slots_values_list": list(values.values())},
        },
        "slots": [slot_of(slot) for slot in frame["slots"]],
    }


def slot_of(slot):
    """A slot; the published data have its two places the wrong way round, and so do we."""
    copied = "copy_from" in slot
    return {
        "slot": slot["slot"],
        "value": "" if copied else slot["value"],
        "start": slot.get("exclusive_end", -1),
        "exclusive_end": slot.get("start", -1),
        "copy_from": slot.get("copy_from", ""),
        "copy_from_value": slot["value"] if copied else [],
    }
