"""CLINC150: queries to a voice assistant with one of 150 intents or out of scope, from one JSON file for each configuration.

Knows: the keys of the file, and that a split is its queries in scope followed by those out of scope.
Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://raw.githubusercontent.com/clinc/oos-eval/master/data/"
FILES = {"small": "data_small.json", "imbalanced": "data_imbalanced.json", "plus": "data_oos_plus.json"}
KEYS = {"train": ["train", "oos_train"], "validation": ["val", "oos_val"], "test": ["test", "oos_test"]}

DESCRIPTION = "Queries to a voice assistant in English: 150 intents of ten domains, and queries that are none of them (oos)."
ABOUT = {
    "small": "50 queries of each intent to train.",
    "imbalanced": "25, 50, 75 or 100 queries of an intent to train.",
    "plus": "100 queries of each intent and 250 out of scope to train.",
}

CITATION = """@misc{larson2019,
  title = {An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction},
  author = {Larson, Stefan and Mahendran, Anish and Peper, Joseph J. and Clarke, Christopher and Lee, Andrew and Hill, Parker
    and Kummerfeld, Jonathan K. and Leach, Kevin and Laurenzano, Michael A. and Tang, Lingjia and Mars, Jason},
  year = {2019},
  howpublished = {Proceedings of the 2019 Conference on Empirical Methods in Natural Language Processing and the 9th
    International Joint Conference on Natural Language Processing (EMNLP-IJCNLP)},
  url = {https://www.aclweb.org/anthology/D19-1131},
}"""

INTENTS = """
restaurant_reviews nutrition_info account_blocked oil_change_how time weather redeem_rewards interest_rate gas_type
accept_reservations smart_home user_name report_lost_card repeat whisper_mode what_are_your_hobbies order jump_start
schedule_meeting meeting_schedule freeze_account what_song meaning_of_life restaurant_reservation traffic make_call text
bill_balance improve_credit_score change_language no measurement_conversion timer flip_coin do_you_have_pets balance
tell_joke last_maintenance exchange_rate uber car_rental credit_limit oos shopping_list expiration_date routing
meal_suggestion tire_change todo_list card_declined rewards_balance change_accent vaccines reminder_update food_last
change_ai_name bill_due who_do_you_work_for share_location international_visa calendar translate carry_on book_flight
insurance_change todo_list_update timezone cancel_reservation transactions credit_score report_fraud spending_history
directions spelling insurance what_is_your_name reminder where_are_you_from distance payday flight_status find_phone greeting
alarm order_status confirm_reservation cook_time damaged_card reset_settings pin_change replacement_card_duration new_card
roll_dice income taxes date who_made_you pto_request tire_pressure how_old_are_you rollover_401k pto_request_status how_busy
application_status recipe calendar_update play_music yes direct_deposit credit_limit_change gas pay_bill ingredients_list
lost_luggage goodbye what_can_i_ask_you book_hotel are_you_a_bot next_song change_speed plug_type maybe w2 oil_change_when
thank_you shopping_list_update pto_balance order_checks travel_alert fun_fact sync_device schedule_maintenance apr transfer
ingredient_substitution calories current_location international_fees calculator definition next_holiday update_playlist mpg
min_payment change_user_name restaurant_suggestion travel_notification cancel pto_used travel_suggestion change_volume
"""


class ClincOos(datasets.GeneratorBasedBuilder):
    """Builder of the three configurations."""

    VERSION = datasets.Version("1.0.0")
    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/clinc/oos-eval/",
            license="cc-by-3.0",
            features=datasets.Features(
                {"text": datasets.Value("string"), "intent": datasets.ClassLabel(names=INTENTS.split())}
            ),
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(BASE + FILES[self.config.name])
        return [datasets.SplitGenerator(split, {"path": path, "keys": keys}) for split, keys in KEYS.items()]

    def _generate_examples(self, path, keys):
        document = json_document(path)
        queries = [query for key in keys for query in document[key]]
        for number, (text, intent) in enumerate(queries):
            yield number, {"text": text, "intent": intent}
