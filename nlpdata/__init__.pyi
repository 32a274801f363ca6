"""The public names and their types, for editors and type checkers; at run time each is loaded when first used."""

from nlpdata._report import (
    are_progress_bars_disabled as are_progress_bars_disabled,
    disable_progress_bars as disable_progress_bars,
    enable_progress_bars as enable_progress_bars,
    is_progress_bar_enabled as is_progress_bar_enabled,
)
from nlpdata.builder.base import (
    ArrowBasedBuilder as ArrowBasedBuilder,
    DatasetBuilder as DatasetBuilder,
    GeneratorBasedBuilder as GeneratorBasedBuilder,
)
from nlpdata.builder.config import BuilderConfig as BuilderConfig
from nlpdata.dataset.column import Column as Column
from nlpdata.dataset.dataset import Dataset as Dataset
from nlpdata.dataset.dicts import DatasetDict as DatasetDict
from nlpdata.dataset.transforms import (
    concatenate_datasets as concatenate_datasets,
    disable_caching as disable_caching,
    enable_caching as enable_caching,
    is_caching_enabled as is_caching_enabled,
)
from nlpdata.features import (
    ClassLabel as ClassLabel,
    Features as Features,
    LargeList as LargeList,
    List as List,
    Sequence as Sequence,
    Translation as Translation,
    TranslationVariableLanguages as TranslationVariableLanguages,
    Value as Value,
)
from nlpdata.fetch.manager import (
    DownloadConfig as DownloadConfig,
    DownloadManager as DownloadManager,
    DownloadMode as DownloadMode,
    VerificationMode as VerificationMode,
)
from nlpdata.info import DatasetInfo as DatasetInfo, Version as Version
from nlpdata.inspect import (
    get_dataset_config_info as get_dataset_config_info,
    get_dataset_config_names as get_dataset_config_names,
    get_dataset_default_config_name as get_dataset_default_config_name,
    get_dataset_infos as get_dataset_infos,
    get_dataset_split_names as get_dataset_split_names,
)
from nlpdata.load import (
    load_dataset as load_dataset,
    load_dataset_builder as load_dataset_builder,
    load_from_disk as load_from_disk,
)
from nlpdata.scoring.load import list_metrics as list_metrics, load_metric as load_metric
from nlpdata.scoring.metric import Metric as Metric, MetricInfo as MetricInfo
from nlpdata.splits import (
    NamedSplit as NamedSplit,
    NamedSplitAll as NamedSplitAll,
    ReadInstruction as ReadInstruction,
    Split as Split,
    SplitDict as SplitDict,
    SplitGenerator as SplitGenerator,
    SplitInfo as SplitInfo,
)

__version__: str
__all__: list[str]
