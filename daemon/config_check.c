/* config_check */
