/* action_command */
