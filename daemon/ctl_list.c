/* ctl_list */
