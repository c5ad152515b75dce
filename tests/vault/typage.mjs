// Seals or opens every file of a directory with typage, the JavaScript age:
//   node typage.mjs encrypt|decrypt KEY FROM TO
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Decrypter, Encrypter } from "age-encryption";

const [verb, key, from, to] = process.argv.slice(2);
for (const name of readdirSync(from)) {
  const input = readFileSync(`${from}/${name}`);
  let output;
  if (verb === "encrypt") {
    const encrypter = new Encrypter();
    encrypter.addRecipient(key);
    output = await encrypter.encrypt(input);
  } else {
    const decrypter = new Decrypter();
    decrypter.addIdentity(key);
    output = await decrypter.decrypt(input);
  }
  writeFileSync(`${to}/${name}`, output);
}
