"""How a script becomes shards: configurations, the builder contract, preparation, packaged builders."""
