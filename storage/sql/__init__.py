"""The methods of the SQL store, a module a concern; :mod:`storage.sql_store` composes them."""
