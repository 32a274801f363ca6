"""How work is planned and done.

Steps are in ``plan``, row ranges in ``tasks``, calls of the user's function in ``worker``, commits in ``commit``, and
``run`` puts them together.
"""
