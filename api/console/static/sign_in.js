// A link of `sorterbot up` carries the key behind the #, which browsers send to nobody.
const [, key] = location.hash.match(/^#key=(sbo_[\w-]+)$/) ?? [];
if (key) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("key").value = key;
  document.getElementById("sign-in").requestSubmit();
}
