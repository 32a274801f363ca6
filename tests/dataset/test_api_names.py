"""Every documented name of the sections that nlpdata follows, with its arguments and defaults.

The tables are facts about the public API of HF ``datasets`` 5.0.1: a name, and its signature, "property" or "attribute".
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

import nlpdata

NLPDATA = """
Array2D (shape, dtype, id=None)
Array3D (shape, dtype, id=None)
Array4D (shape, dtype, id=None)
Array5D (shape, dtype, id=None)
ArrowBasedBuilder (cache_dir=None, dataset_name=None, config_name=None, hash=None, base_path=None, info=None, features=None, token=None, repo_id=None, data_files=None, data_dir=None, storage_options=None, writer_batch_size=None, config_id=None, **config_kwargs)
Audio (sampling_rate=None, decode=True, num_channels=None, stream_index=None, id=None)
BuilderConfig (name='default', version='0.0.0', data_dir=None, data_files=None, description=None)
ClassLabel (num_classes=None, names=None, names_file=None, id=None)
Column (source, column_name)
Dataset (arrow_table, info=None, split=None, indices_table=None, fingerprint=None)
DatasetBuilder (cache_dir=None, dataset_name=None, config_name=None, hash=None, base_path=None, info=None, features=None, token=None, repo_id=None, data_files=None, data_dir=None, storage_options=None, writer_batch_size=None, config_id=None, **config_kwargs)
DatasetDict (*args, **kwargs)
DatasetInfo (description=..., citation=..., homepage=..., license=..., features=None, post_processed=None, supervised_keys=None, builder_name=None, dataset_name=None, config_name=None, version=None, splits=None, download_checksums=None, download_size=None, post_processing_size=None, dataset_size=None, size_in_bytes=None)
DownloadConfig (cache_dir=None, force_download=False, resume_download=False, local_files_only=False, proxies=None, user_agent=None, extract_compressed_file=False, force_extract=False, delete_extracted=False, extract_on_the_fly=False, use_etag=True, num_proc=None, max_retries=1, token=None, storage_options=..., download_desc=None, disable_tqdm=False)
DownloadManager (dataset_name=None, data_dir=None, download_config=None, base_path=None, record_checksums=False)
DownloadMode (value, names=None, *, module=None, qualname=None, type=None, start=1, boundary=None)
Features (*args, **kwargs)
GeneratorBasedBuilder (cache_dir=None, dataset_name=None, config_name=None, hash=None, base_path=None, info=None, features=None, token=None, repo_id=None, data_files=None, data_dir=None, storage_options=None, writer_batch_size=None, config_id=None, **config_kwargs)
Image (mode=None, decode=True, id=None)
IterableColumn (source, column_name)
IterableDataset (ex_iterable, info=None, split=None, formatting=None, distributed=None, token_per_repo_id=None)
IterableDatasetDict (*args, **kwargs)
Json (decode=True, id=None)
LargeList (feature, id=None)
List (feature, length=-1, id=None)
Mesh (decode=True, id=None)
NamedSplit (name)
NamedSplitAll ()
Nifti (decode=True, id=None)
Pdf (decode=True, id=None)
ReadInstruction (split_name, rounding=None, from_=None, to=None, unit=None)
Sequence (feature=None, length=-1, **kwargs)
Split (name)
SplitBase ()
SplitDict (*args, dataset_name=None, **kwargs)
SplitGenerator (name, gen_kwargs=...)
SplitInfo (name='', num_bytes=0, num_examples=0, shard_lengths=None, original_shard_lengths=None, dataset_name=None)
StreamingDownloadManager (dataset_name=None, data_dir=None, download_config=None, base_path=None)
SubSplitInfo (instructions)
Translation (languages, id=None)
TranslationVariableLanguages (languages=None, num_languages=None, id=None)
Value (dtype, id=None)
VerificationMode (value, names=None, *, module=None, qualname=None, type=None, start=1, boundary=None)
Version (version_str, description=None, major=None, minor=None, patch=None)
Video (decode=True, stream_index=None, dimension_order='NCHW', num_ffmpeg_threads=1, device='cpu', seek_mode='exact', id=None)
are_progress_bars_disabled ()
concatenate_datasets (dsets, info=None, split=None, axis=0)
disable_caching ()
disable_progress_bar ()
disable_progress_bars ()
enable_caching ()
enable_progress_bar ()
enable_progress_bars ()
experimental (fn)
get_dataset_config_info (path, config_name=None, data_files=None, download_config=None, download_mode=None, revision=None, token=None, **config_kwargs)
get_dataset_config_names (path, revision=None, download_config=None, download_mode=None, data_files=None, **download_kwargs)
get_dataset_default_config_name (path, revision=None, download_config=None, download_mode=None, data_files=None, **download_kwargs)
get_dataset_infos (path, data_files=None, download_config=None, download_mode=None, revision=None, token=None, **config_kwargs)
get_dataset_split_names (path, config_name=None, data_files=None, download_config=None, download_mode=None, revision=None, token=None, **config_kwargs)
interleave_datasets (datasets, probabilities=None, seed=None, info=None, split=None, stopping_strategy='first_exhausted')
is_caching_enabled ()
is_progress_bar_enabled ()
load_dataset (path, name=None, data_dir=None, data_files=None, split=None, cache_dir=None, features=None, download_config=None, download_mode=None, verification_mode=None, keep_in_memory=None, save_infos=False, revision=None, token=None, streaming=False, num_proc=None, storage_options=None, **config_kwargs)
load_dataset_builder (path, name=None, data_dir=None, data_files=None, cache_dir=None, features=None, download_config=None, download_mode=None, revision=None, token=None, storage_options=None, **config_kwargs)
load_from_disk (dataset_path, keep_in_memory=None, storage_options=None)
percent ()
tqdm (*args, **kwargs)
"""  # noqa: E501

DATASET = """
__enter__ ()
__getitem__ (key)
__getitems__ (keys)
__init__ (arrow_table, info=None, split=None, indices_table=None, fingerprint=None)
__iter__ ()
__len__ ()
add_column (name, column, new_fingerprint=None, feature=None)
add_elasticsearch_index (column, index_name=None, host=None, port=None, es_client=None, es_index_name=None, es_index_config=None)
add_faiss_index (column, index_name=None, device=None, string_factory=None, metric_type=None, custom_index=None, batch_size=1000, train_size=None, faiss_verbose=False, dtype='float32')
add_faiss_index_from_external_arrays (external_arrays, index_name, device=None, string_factory=None, metric_type=None, custom_index=None, batch_size=1000, train_size=None, faiss_verbose=False, dtype='float32')
add_item (item, new_fingerprint=None)
align_labels_with_mapping (label2id, label_column)
batch (batch_size=None, by_column=None, drop_last_batch=False, num_proc=None, new_fingerprint=None)
builder_name property
cache_files property
cast (features, batch_size=1000, keep_in_memory=False, load_from_cache_file=None, cache_file_name=None, writer_batch_size=1000, num_proc=None)
cast_column (column, feature, new_fingerprint=None)
citation property
class_encode_column (column, include_nulls=False)
cleanup_cache_files ()
column_names property
config_name property
data property
dataset_size property
description property
download_checksums property
download_size property
drop_index (index_name)
features property
filter (function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000, keep_in_memory=False, load_from_cache_file=None, cache_file_name=None, writer_batch_size=1000, fn_kwargs=None, num_proc=None, suffix_template='_{rank:05d}_of_{num_proc:05d}', new_fingerprint=None, desc=None)
flatten (new_fingerprint=None, max_depth=16)
flatten_indices (keep_in_memory=False, cache_file_name=None, writer_batch_size=1000, features=None, disable_nullable=False, num_proc=None, new_fingerprint=None)
format property
formatted_as (type=None, columns=None, output_all_columns=False, **format_kwargs)
from_buffer (buffer, info=None, split=None, indices_buffer=None)
from_csv (path_or_paths, split=None, features=None, cache_dir=None, keep_in_memory=False, num_proc=None, **kwargs)
from_dict (mapping, features=None, info=None, split=None, on_mixed_types=None)
from_file (filename, info=None, split=None, indices_filename=None, in_memory=False)
from_generator (generator, features=None, cache_dir=None, keep_in_memory=False, gen_kwargs=None, num_proc=None, split='train', fingerprint=None, **kwargs)
from_json (path_or_paths, split=None, features=None, cache_dir=None, keep_in_memory=False, field=None, num_proc=None, **kwargs)
from_list (mapping, features=None, info=None, split=None, on_mixed_types=None)
from_pandas (df, features=None, info=None, split=None, preserve_index=None)
from_parquet (path_or_paths, split=None, features=None, cache_dir=None, keep_in_memory=False, columns=None, num_proc=None, filters=None, fragment_scan_options=None, on_bad_files='error', **kwargs)
from_polars (df, features=None, info=None, split=None)
from_spark (df, split=None, features=None, keep_in_memory=False, cache_dir=None, working_dir=None, load_from_cache_file=True, **kwargs)
from_sql (sql, con, features=None, cache_dir=None, keep_in_memory=False, **kwargs)
from_text (path_or_paths, split=None, features=None, cache_dir=None, keep_in_memory=False, num_proc=None, keep_linebreaks=False, sample_by='line', **kwargs)
get_index (index_name)
get_nearest_examples (index_name, query, k=10, **kwargs)
get_nearest_examples_batch (index_name, queries, k=10, **kwargs)
homepage property
info property
is_index_initialized (index_name)
iter (batch_size, drop_last_batch=False)
license property
list_indexes ()
load_elasticsearch_index (index_name, es_index_name, host=None, port=None, es_client=None, es_index_config=None)
load_faiss_index (index_name, file, device=None, storage_options=None)
load_from_disk (dataset_path, keep_in_memory=None, storage_options=None)
map (function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000, drop_last_batch=False, remove_columns=None, keep_in_memory=False, load_from_cache_file=None, cache_file_name=None, writer_batch_size=1000, features=None, disable_nullable=False, fn_kwargs=None, num_proc=None, suffix_template='_{rank:05d}_of_{num_proc:05d}', new_fingerprint=None, desc=None, try_original_type=True, on_mixed_types='use_json')
num_columns property
num_rows property
push_to_hub (repo_id, config_name='default', set_default=None, split=None, data_dir=None, commit_message=None, commit_description=None, private=None, token=None, revision=None, create_pr=False, max_shard_size=None, num_shards=None, embed_external_files=True, num_proc=None)
remove_columns (column_names, new_fingerprint=None)
rename_column (original_column_name, new_column_name, new_fingerprint=None)
rename_columns (column_mapping, new_fingerprint=None)
repeat (num_times)
reset_format ()
save_faiss_index (index_name, file, storage_options=None)
save_to_disk (dataset_path, max_shard_size=None, num_shards=None, num_proc=None, storage_options=None)
search (index_name, query, k=10, **kwargs)
search_batch (index_name, queries, k=10, **kwargs)
select (indices, keep_in_memory=False, indices_cache_file_name=None, writer_batch_size=1000, new_fingerprint=None)
select_columns (column_names, new_fingerprint=None)
set_format (type=None, columns=None, output_all_columns=False, **format_kwargs)
set_transform (transform, columns=None, output_all_columns=False)
shape property
shard (num_shards, index, contiguous=True, keep_in_memory=False, indices_cache_file_name=None, writer_batch_size=1000)
shuffle (seed=None, generator=None, keep_in_memory=False, load_from_cache_file=None, indices_cache_file_name=None, writer_batch_size=1000, new_fingerprint=None)
size_in_bytes property
skip (n)
sort (column_names, reverse=False, null_placement='at_end', keep_in_memory=False, load_from_cache_file=None, indices_cache_file_name=None, writer_batch_size=1000, new_fingerprint=None)
split property
supervised_keys property
take (n)
to_csv (path_or_buf, batch_size=None, num_proc=None, storage_options=None, **to_csv_kwargs)
to_dict (batch_size=None, batched=False)
to_iterable_dataset (num_shards=1)
to_json (path_or_buf, batch_size=None, num_proc=None, storage_options=None, **to_json_kwargs)
to_list ()
to_pandas (batch_size=None, batched=False)
to_parquet (path_or_buf, batch_size=None, storage_options=None, **parquet_writer_kwargs)
to_polars (batch_size=None, batched=False, schema_overrides=None, rechunk=True)
to_sql (name, con, batch_size=None, num_proc=None, **sql_writer_kwargs)
to_tf_dataset (batch_size=None, columns=None, shuffle=False, collate_fn=None, drop_remainder=False, collate_fn_args=None, label_cols=None, prefetch=True, num_workers=0, num_test_batches=20)
train_test_split (test_size=None, train_size=None, shuffle=True, stratify_by_column=None, seed=None, generator=None, keep_in_memory=False, load_from_cache_file=None, train_indices_cache_file_name=None, test_indices_cache_file_name=None, writer_batch_size=1000, train_new_fingerprint=None, test_new_fingerprint=None)
unique (column)
version property
with_format (type=None, columns=None, output_all_columns=False, **format_kwargs)
with_transform (transform, columns=None, output_all_columns=False)
"""  # noqa: E501

DATASETDICT = """
__enter__ ()
__getitem__ (k)
align_labels_with_mapping (label2id, label_column)
cache_files property
cast (features)
cast_column (column, feature)
class_encode_column (column, include_nulls=False)
cleanup_cache_files ()
column_names property
data property
filter (function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000, keep_in_memory=False, load_from_cache_file=None, cache_file_names=None, writer_batch_size=1000, fn_kwargs=None, num_proc=None, desc=None)
flatten (max_depth=16)
flatten_indices (keep_in_memory=False, cache_file_names=None, writer_batch_size=1000, features=None, disable_nullable=False, num_proc=None, new_fingerprint=None)
formatted_as (type=None, columns=None, output_all_columns=False, **format_kwargs)
from_csv (path_or_paths, features=None, cache_dir=None, keep_in_memory=False, **kwargs)
from_json (path_or_paths, features=None, cache_dir=None, keep_in_memory=False, **kwargs)
from_parquet (path_or_paths, features=None, cache_dir=None, keep_in_memory=False, columns=None, **kwargs)
from_text (path_or_paths, features=None, cache_dir=None, keep_in_memory=False, **kwargs)
load_from_disk (dataset_dict_path, keep_in_memory=None, storage_options=None)
map (function=None, with_indices=False, with_rank=False, with_split=False, input_columns=None, batched=False, batch_size=1000, drop_last_batch=False, remove_columns=None, keep_in_memory=False, load_from_cache_file=None, cache_file_names=None, writer_batch_size=1000, features=None, disable_nullable=False, fn_kwargs=None, num_proc=None, desc=None, try_original_type=True, on_mixed_types=None)
num_columns property
num_rows property
push_to_hub (repo_id, config_name='default', set_default=None, data_dir=None, commit_message=None, commit_description=None, private=None, token=None, revision=None, create_pr=False, max_shard_size=None, num_shards=None, embed_external_files=True, num_proc=None)
remove_columns (column_names)
rename_column (original_column_name, new_column_name)
rename_columns (column_mapping)
reset_format ()
save_to_disk (dataset_dict_path, max_shard_size=None, num_shards=None, num_proc=None, storage_options=None)
select_columns (column_names)
set_format (type=None, columns=None, output_all_columns=False, **format_kwargs)
set_transform (transform, columns=None, output_all_columns=False)
shape property
shuffle (seeds=None, seed=None, generators=None, keep_in_memory=False, load_from_cache_file=None, indices_cache_file_names=None, writer_batch_size=1000)
sort (column_names, reverse=False, null_placement='at_end', keep_in_memory=False, load_from_cache_file=None, indices_cache_file_names=None, writer_batch_size=1000)
unique (column)
with_format (type=None, columns=None, output_all_columns=False, **format_kwargs)
with_transform (transform, columns=None, output_all_columns=False)
"""  # noqa: E501

FEATURES = """
__init__ (*args, **kwargs)
__setitem__ (key, value)
arrow_schema property
clear (*args, **kwargs)
copy ()
decode_batch (batch, token_per_repo_id=None)
decode_column (column, column_name, token_per_repo_id=None)
decode_example (example, token_per_repo_id=None)
encode_batch (batch)
encode_column (column, column_name)
encode_example (example)
flatten (max_depth=16)
from_arrow_schema (pa_schema)
from_dict (dic)
pop (*args, **kwargs)
popitem ()
reorder_fields_as (other)
setdefault (key, default=None)
to_dict ()
type property
update (*args, **kwargs)
"""

CLASSLABEL = """
__init__ (num_classes=None, names=None, names_file=None, id=None)
cast_storage (storage)
dtype attribute
encode_example (example_data)
id attribute
int2str (values)
names attribute
names_file attribute
num_classes attribute
pa_type attribute
str2int (values)
"""

IMAGE = """
__init__ (mode=None, decode=True, id=None)
cast_storage (storage)
decode attribute
decode_example (value, token_per_repo_id=None)
dtype attribute
embed_storage (storage, token_per_repo_id=None, local_files=True, remote_files=True)
encode_example (value)
flatten ()
id attribute
mode attribute
pa_type attribute
"""

# What needs a remote hub, a vector or text index, Spark (a Java runtime), or streaming, which other issues bring.
ELSEWHERE = {
    "nlpdata": {"IterableColumn", "IterableDataset", "IterableDatasetDict", "StreamingDownloadManager"},
    "Dataset": {
        "add_elasticsearch_index", "add_faiss_index", "add_faiss_index_from_external_arrays", "drop_index", "from_spark",
        "get_index", "get_nearest_examples", "get_nearest_examples_batch", "is_index_initialized", "list_indexes",
        "load_elasticsearch_index", "load_faiss_index", "push_to_hub", "save_faiss_index", "search", "search_batch",
        "to_iterable_dataset", "to_tf_dataset",
    },
    "DatasetDict": {"push_to_hub"},
}  # fmt: skip

# Where nlpdata says something else on purpose: (name, argument) -> its default.
OTHERWISE: dict[tuple[str, str], Any] = {
    ("nlpdata.DownloadConfig", "max_retries"): None,  # the setting of that name
    ("nlpdata.DownloadManager", "download_config"): inspect.Parameter.empty,  # a new one each
}
MEDIA = ("Audio", "Mesh", "Nifti", "Pdf", "Video")


def entries() -> list[tuple[str, str, str]]:
    """(owner, name, signature) of every row."""
    tables = {
        "nlpdata": NLPDATA, "Dataset": DATASET, "DatasetDict": DATASETDICT, "Features": FEATURES,
        "ClassLabel": CLASSLABEL, "Image": IMAGE,
    }  # fmt: skip
    found = []
    for owner, table in tables.items():
        for line in table.strip().splitlines():
            name, _, signature = line.partition(" ")
            if name not in ELSEWHERE.get(owner, ()):
                found.append((owner, name, signature))
    shared = [(name, signature) for owner, name, signature in found if owner == "Image" and name not in ("__init__", "mode")]
    return found + [(kind, name, "attribute" if name == "dtype" else signature) for kind in MEDIA for name, signature in shared]


def documented(signature: str) -> tuple[dict[str, str | None], bool]:
    """Argument -> its default as Python text (None: there is none), and whether further names are taken."""
    arguments = ast.parse(f"def f{signature}: pass").body[0].args  # type: ignore[attr-defined]
    names = [a.arg for a in arguments.args]
    defaults: list[str | None] = [None] * (len(names) - len(arguments.defaults))
    found = dict(zip(names, [*defaults, *(ast.unparse(d) for d in arguments.defaults)], strict=True))
    for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found[name.arg] = None if default is None else ast.unparse(default)
    return found, arguments.kwarg is not None


@pytest.mark.parametrize(("owner", "name", "signature"), entries())
def test_documented(owner: str, name: str, signature: str) -> None:
    place = nlpdata if owner == "nlpdata" else getattr(nlpdata, owner)
    fields = getattr(place, "__dataclass_fields__", {})
    assert hasattr(place, name) or name in fields, f"{owner} has no {name}"
    if signature in ("property", "attribute"):
        return
    thing = getattr(place, name)
    if isinstance(thing, type) and issubclass(thing, dict):
        return  # made as dicts are
    if name in ("clear", "pop", "popitem"):
        return  # dict's own
    if name == "percent":
        assert thing[:50]
        return
    compare(f"{owner}.{name}", thing, signature)


def compare(label: str, thing: Any, signature: str) -> None:
    """Names, order and defaults of the documented arguments are those of ``thing``."""
    wanted, more = documented(signature)
    ours = {n: p for n, p in inspect.signature(thing).parameters.items() if n not in ("self", "cls")}
    named = [n for n, p in ours.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    missing = [n for n in wanted if n not in named]
    assert not missing, f"{label} does not take {missing}"
    assert [n for n in named if n in wanted] == [n for n in wanted if n in named], f"{label}: another order"
    assert not more or any(p.kind is p.VAR_KEYWORD for p in ours.values()), f"{label} takes no further names"
    for argument, text in wanted.items():
        default = ours[argument].default
        if text is None or (label, argument) in OTHERWISE:
            continue
        assert default is not inspect.Parameter.empty, f"{label}: {argument} must be given"
        if text != "...":
            assert str(default) == str(ast.literal_eval(text)), f"{label}: {argument}={default!r}, documented {text}"


def test_what_is_left_out_is_documented_too() -> None:
    for owner, names in ELSEWHERE.items():
        table = {"nlpdata": NLPDATA, "Dataset": DATASET, "DatasetDict": DATASETDICT}[owner]
        assert names <= {line.split()[0] for line in table.strip().splitlines()}


def test_old_code_runs_under_the_new_name() -> None:
    code = """
import nlpdata as datasets
from nlpdata import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value, concatenate_datasets, load_dataset

features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"]), "tags": Sequence(Value("int32"))})
ds = Dataset.from_dict({"text": ["a b", "c"], "label": ["pos", 0], "tags": [[1], []]}, features=features)
ds = ds.map(lambda e: {"n": len(e["text"].split())}).filter(lambda e: e["n"] > 0)
ds = ds.train_test_split(test_size=1, seed=0)
ds = DatasetDict({name: split.rename_column("text", "sentence") for name, split in ds.items()})
ds.set_format("numpy", columns=["n", "label"])
assert {key: value.dtype.name for key, value in ds["train"][:].items()} == {"label": "int64", "n": "int64"}
assert datasets.concatenate_datasets([ds["train"], ds["test"]]).num_rows == 2
"""
    exec(compile(code, "old.py", "exec"), {})
