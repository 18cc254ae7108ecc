"""The `sagadsl` command: one module a command, nothing imported before it is needed."""
