/* config_dump */
