/* store_query */
