"""Schema-Guided Dialogue: dialogues of a user with an assistant that uses services, and the schemata of the services.

Knows: the shards, the JSON of a dialogue and of a schema. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://github.com/google-research-datasets/dstc8-schema-guided-dialogue/raw/master/"
SHARDS = {"train": ("train", 127), "validation": ("dev", 20), "test": ("test", 34)}

DESCRIPTION = """Dialogues in English of a user with an assistant that uses one or more services, with the state, the actions
and the calls of each turn; and what the services offer."""

CITATION = """@misc{rastogi2020,
  title = {Towards Scalable Multi-Domain Conversational Agents: The Schema-Guided Dialogue Dataset},
  author = {Abhinav Rastogi and Xiaoxue Zang and Srinivas Sunkara and Raghav Gupta and Pranav Khaitan},
  year = {2020},
  howpublished = {The Thirty-Fourth AAAI Conference on Artificial Intelligence, AAAI 2020, The Thirty-Second Innovative
    Applications of Artificial Intelligence Conference, IAAI 2020, The Tenth AAAI Symposium on Educational Advances in
    Artificial Intelligence, EAAI 2020, New York, NY, USA, February 7-12, 2020},
  url = {https://aaai.org/ojs/index.php/AAAI/article/view/6394},
}"""

ACT_LIST = """
AFFIRM AFFIRM_INTENT CONFIRM GOODBYE INFORM INFORM_COUNT INFORM_INTENT NEGATE NEGATE_INTENT NOTIFY_FAILURE NOTIFY_SUCCESS
OFFER OFFER_INTENT REQUEST REQUEST_ALTS REQ_MORE SELECT THANK_YOU
"""

TEXT, FLAG, NUMBER = datasets.Value("string"), datasets.Value("bool"), datasets.Value("int32")
TEXTS = datasets.Sequence(TEXT)
FRAME = {
    "service": TEXT,
    "slots": datasets.Sequence({"slot": TEXT, "start": NUMBER, "exclusive_end": NUMBER}),
    "state": {
        "active_intent": TEXT,
        "requested_slots": TEXTS,
        "slot_values": datasets.Sequence({"slot_name": TEXT, "slot_value_list": TEXTS}),
    },
    "actions": datasets.Sequence(
        {"act": datasets.ClassLabel(names=ACT_LIST.split()), "slot": TEXT, "canonical_values": TEXTS, "values": TEXTS}
    ),
    "service_results": datasets.Sequence(
        {"service_results_list": datasets.Sequence({"service_slot_name": TEXT, "service_canonical_value": TEXT})}
    ),
    "service_call": {
        "method": TEXT,
        "parameters": datasets.Sequence({"parameter_slot_name": TEXT, "parameter_canonical_value": TEXT}),
    },
}
TURN = {
    "speaker": datasets.ClassLabel(names=["USER", "SYSTEM"]),
    "utterance": TEXT,
    "frames": datasets.Sequence(FRAME),
}
DIALOGUE = {"dialogue_id": TEXT, "services": TEXTS, "turns": datasets.Sequence(TURN)}
SCHEMA = {
    "service_name": TEXT,
    "description": TEXT,
    "slots": datasets.Sequence({"name": TEXT, "description": TEXT, "is_categorical": FLAG, "possible_values": TEXTS}),
    "intents": datasets.Sequence(
        {
            "name": TEXT,
            "description": TEXT,
            "is_transactional": FLAG,
            "required_slots": TEXTS,
            "optional_slots": datasets.Sequence({"slot_name": TEXT, "slot_value": TEXT}),
            "result_slots": TEXTS,
        }
    ),
}


class SchemaGuidedDstc8(datasets.GeneratorBasedBuilder):
    """Builder of the dialogues and of the schemata."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="dialogues", description="A row for each dialogue."),
        datasets.BuilderConfig(name="schema", description="A row for each service."),
    ]
    DEFAULT_CONFIG_NAME = "dialogues"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/dstc8-schema-guided-dialogue",
            license="cc-by-sa-4.0",
            features=datasets.Features(SCHEMA if self.config.name == "schema" else DIALOGUE),
        )

    def _split_generators(self, dl_manager):
        urls = {
            split: [f"{BASE}{folder}/schema.json"]
            if self.config.name == "schema"
            else [f"{BASE}{folder}/dialogues_{number:03}.json" for number in range(1, count + 1)]
            for split, (folder, count) in SHARDS.items()
        }
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"paths": paths[split]}) for split in SHARDS]

    def _generate_examples(self, paths):
        for path in paths:
            for record in json_document(path):
                if self.config.name == "schema":
                    intents = [
                        {**intent, "optional_slots": pairs(intent["optional_slots"], "slot_name", "slot_value")}
                        for intent in record["intents"]
                    ]
                    yield record["service_name"], {**record, "intents": intents}
                else:
                    turns = [{**turn, "frames": [frame_of(frame) for frame in turn["frames"]]} for turn in record["turns"]]
                    yield record["dialogue_id"], {**record, "turns": turns}


def pairs(mapping, key, value):
    """A dict with open keys as two lists."""
    return {key: list(mapping), value: list(mapping.values())}


def frame_of(frame):
    """A frame, with empty values for what it lacks."""
    state = frame.get("state", {})
    call = frame.get("service_call", {})
    results = frame.get("service_results", [])
    return {
        "service": frame["service"],
        "slots": [{"start": -1, "exclusive_end": -1, **slot} for slot in frame.get("slots", ())],
        "state": {
            "active_intent": state.get("active_intent", ""),
            "requested_slots": state.get("requested_slots", []),
            "slot_values": pairs(state.get("slot_values", {}), "slot_name", "slot_value_list"),
        },
        "actions": [{"canonical_values": [], "values": [], **action} for action in frame["actions"]],
        "service_results": [
            {"service_results_list": pairs(result, "service_slot_name", "service_canonical_value")} for result in results
        ],
        "service_call": {
            "method": call.get("method", ""),
            "parameters": pairs(call.get("parameters", {}), "parameter_slot_name", "parameter_canonical_value"),
        },
    }
