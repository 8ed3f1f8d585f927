/* config_file */
