By Ann Other

A val bell was found.

@highlight

Bell found
