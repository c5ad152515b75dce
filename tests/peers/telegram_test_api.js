// Starts the Bot API of telegram-test-api and mends where it lags behind today's Bot API.
// node telegram_test_api.js PORT

const exported = require("telegram-test-api");
const TelegramServer = exported.TelegramServer || exported.default || exported;

const addBotMessage = TelegramServer.prototype.addBotMessage;
TelegramServer.prototype.addBotMessage = function (...content) {
  const message = addBotMessage.apply(this, content);
  message.date = Math.floor(message.date / 1000); // seconds, not milliseconds
  message.from = { id: 666, is_bot: true, first_name: "Bot" };
  message.chat.id = Number(message.chat.id);
  delete message.link_preview_options; // it would come back as the text that was sent
  return message;
};

const formatUpdate = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const formatted = formatUpdate.call(TelegramServer, update);
  if (formatted.callback_query) formatted.callback_query.chat_instance = "1";
  return formatted;
};

const server = new TelegramServer({
  port: Number(process.argv[2]),
  host: "127.0.0.1",
  storeTimeout: 600,
});

const json = server.webServer.response.json;
server.webServer.response.json = function (answer) {
  if (answer && answer.ok === false) this.status(answer.error_code || 400);
  if (answer && answer.ok && answer.result === null) answer.result = true;
  return json.call(this, answer);
};

server.start().then(() => console.log("ready"));
