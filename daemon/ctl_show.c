/* ctl_show */
