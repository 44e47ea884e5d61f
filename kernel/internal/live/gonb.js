"use strict";
// The page's end of gonbui's comms: the global gonb_comm, with the methods that GoNB documents in
// docs/FrontEndCommunication.md. It has a connection to Jupyter of its own, because a page has no other way to a
// kernel that all front ends share.
(() => {
  const kernel = "{{.Kernel}}";
  if (globalThis.gonb_comm) {
    globalThis.gonb_comm.close(1000, "another one takes its place");
  }
  if (!globalThis.WebSocket) {
    console.error("gonb_comm: this page has no WebSocket, so widgets do not work");
    return;
  }
  const base = () => {
    try {
      return JSON.parse(document.getElementById("jupyter-config-data").textContent).baseUrl || "/";
    } catch {
      return document.body?.dataset?.baseUrl || "/";
    }
  };
  const url = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + base() + "api/kernels/" + kernel + "/channels";
  const id = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const listeners = new Map(); // functions by subscription, by address
  const addresses = new Map(); // by subscription
  const variables = {};
  let acknowledged, asking;
  const socket = new WebSocket(url);

  const send = (type, content) => {
    const msg = crypto.randomUUID?.() ?? String(Math.random());
    socket.send(JSON.stringify({
      header: { msg_id: msg, msg_type: type, username: "", session: id, date: new Date().toISOString(), version: "5.3" },
      msg_id: msg, msg_type: type, parent_header: {}, metadata: {}, channel: "shell", buffers: [],
      content: { comm_id: id, ...content },
    }));
  };

  const connected = new Promise((resolve, reject) => {
    acknowledged = resolve;
    socket.onopen = () => {
      send("comm_open", { target_name: "gonb_comm", kernel_id: kernel, data: {} });
      // The server may not yet have subscribed to what the kernel publishes, so the answer may be lost: ask again.
      asking = setInterval(() => send("comm_msg", { data: { address: "#heartbeat/ping", value: true } }), 100);
      setTimeout(() => reject(new Error("the kernel does not answer")), 3000);
    };
    socket.onclose = () => reject(new Error("the connection is closed"));
  });
  connected.catch((error) => comm.close(1000, error.message)).finally(() => clearInterval(asking));

  const receive = (data) => {
    if (!data?.address) {
      console.error("gonb_comm: a message without an address");
    } else if (data.address === "#comm_open_ack" || data.address === "#heartbeat/pong") {
      acknowledged();
      comm.send("#comm_open_ack", true);
    } else if (data.address === "#heartbeat/ping") {
      comm.send("#heartbeat/pong", true);
    } else if (data.read_request) {
      const variable = variables[data.address];
      if (variable) comm.send(data.address, variable.get());
    } else {
      for (const call of [...(listeners.get(data.address)?.values() ?? [])]) call(data.address, data.value);
    }
  };

  socket.onmessage = (event) => {
    if (typeof event.data !== "string") return; // a message with buffers: not for us
    const message = JSON.parse(event.data);
    if (message.msg_type === "comm_msg" && message.content?.comm_id === id) receive(message.content.data);
  };
  socket.onerror = () => comm.close(1000, "the connection failed");

  // Variable holds a value that is the same here and in Go.
  class Variable {
    constructor(address, value) {
      this._value = null;
      this._calls = new Map();
      this._address = address;
      comm.subscribe(address, (_, value) => this._keep(value));
      this.set(value);
    }
    _keep(value) {
      if (value === this._value) return;
      this._value = value;
      for (const call of [...this._calls.values()]) call(value);
    }
    set(value) {
      if (value === this._value) return;
      this._keep(value);
      comm.send(this._address, value);
    }
    get() { return this._value; }
    subscribe(call) {
      const key = Symbol("subscription");
      this._calls.set(key, call);
      return key;
    }
    unsubscribe(key) { this._calls.delete(key); }
  }

  const comm = {
    debug: false,
    send(address, value) {
      connected.then(() => send("comm_msg", { data: { address, value } }),
        (error) => console.error(`gonb_comm: nothing can be sent to ${address}: ${error.message}`));
    },
    subscribe(address, call) {
      const key = Symbol("subscription");
      if (!listeners.has(address)) listeners.set(address, new Map());
      listeners.get(address).set(key, call);
      addresses.set(key, address);
      return key;
    },
    unsubscribe(key) {
      listeners.get(addresses.get(key))?.delete(key);
      addresses.delete(key);
    },
    newSyncedVariable(address, value) {
      if (variables[address]) {
        variables[address].set(value);
      } else {
        variables[address] = new Variable(address, value);
      }
      return variables[address];
    },
    close(code, reason) {
      if (globalThis.gonb_comm === comm) delete globalThis.gonb_comm;
      socket.close(code, reason);
    },
  };
  globalThis.gonb_comm = comm;
})();
