-- So many images in 30 batches, one of them with 70 %, one with 1 %; two or three steps each.
INSERT INTO recipes (digest,name,body) VALUES ('r','catalog','{"name" : "catalog","steps" : [{"transform" : "admit"},{"transform" : "find_text"},{"transform" : "erase_text"},{"transform" : "upscale"},{"transform" : "deliver"}]}') ON CONFLICT DO NOTHING;
INSERT INTO batches (vendor,upload,prefix,digest,recipe,out,state,images,finished_at)
SELECT 'vendor'||(b%6),'upload'||b,'ingest/v/u'||b,'d'||b,'r','file:///out/'||b,CAST(CASE WHEN b=30 THEN 'running' ELSE 'done' END AS batch_state), CASE b WHEN 1 THEN :images * 7 / 10 WHEN 2 THEN :images / 100 ELSE :images * 29 / 2800 END, CASE WHEN b=30 THEN NULL ELSE now() END
FROM generate_series(1,30) b;
INSERT INTO shards (batch_id,number,recipe,route,transforms,queues,state,images,megapixels)
SELECT id,1,'r','{0,1,3,4}','{admit,find_text,upscale,deliver}','{admit,find_text,upscale,deliver}','done',16,8 FROM batches;
INSERT INTO images (batch_id,name,source,bytes,sha256,state,reason,sentence,artifact,judged,recipe,step,current,facts,file,fold,severity,template)
SELECT b.id, 'p/'||lpad(CAST(i AS text),7,'0')||'.jpg','ingest/v/u/p/'||i||'.jpg',200000,md5(CAST(i AS text))||md5(CAST(b.id AS text)),
 s.state, CASE s.state WHEN 'flagged' THEN (ARRAY['fill_evidence.fill_evidence','seam.seam','mask_too_large','faint_text'])[1+i%4] WHEN 'rejected' THEN 'truncated' ELSE '' END,
 CASE WHEN s.state='flagged' THEN 'fill_evidence: 0.7 is above the limit' ELSE '' END, s.state='flagged' AND i%4<2, s.state IN ('flagged','delivered'),
 'r', CASE s.state WHEN 'delivered' THEN 4 WHEN 'flagged' THEN 2 WHEN 'waiting' THEN 1 ELSE 0 END, 'objects/'||md5(CAST(i AS text))||'.qoi',
 jsonb_build_object('width',800,'height',900,'format','jpeg','bytes',200000,'mode','RGB','masked',false,'dpi',jsonb_build_array(72,72),'icc','none','orientation',1)
  || jsonb_build_object('regions', CASE WHEN i%5=0 THEN jsonb_build_array(jsonb_build_object('box',jsonb_build_array(0.7+(i%7)*0.001,0.9,0.95,0.96),'overlay',0.9,'quad',jsonb_build_array(jsonb_build_array(560,810),jsonb_build_array(760,810),jsonb_build_array(760,864),jsonb_build_array(560,864)),'score',0.93)) ELSE CAST('[]' AS jsonb) END),
 'p/'||lpad(CAST(i AS text),7,'0')||'.jpg','p/'||lpad(CAST(i AS text),7,'0')||'.jpg',
 CASE WHEN s.state='flagged' AND i%4<2 THEN (i%97)/40.0 ELSE 0 END, CASE WHEN s.state='flagged' AND i%3=0 THEN i%12 END
FROM batches b CROSS JOIN LATERAL generate_series(1,b.images) i
CROSS JOIN LATERAL (SELECT CAST(CASE WHEN b.state='running' AND i%2=0 THEN 'waiting' WHEN i%20=0 THEN 'flagged' WHEN i%200=7 THEN 'rejected' ELSE 'delivered' END AS image_state) AS state) s;
INSERT INTO steps (image_id,batch_id,shard_id,position,transform,recipe,model,revision,seed,device,node,input,output,facts,verdict,reasons,readings,seconds,cost,made_with)
SELECT i.id,i.batch_id,(SELECT id FROM shards WHERE batch_id=i.batch_id),p.position,(ARRAY['admit','find_text','erase_text','upscale','deliver'])[p.position+1],'r','back_projection','1',12345,'cpu','cpu-1@host',i.current,i.current,i.facts,
 CASE WHEN i.state='flagged' AND p.position=2 THEN 'flag' ELSE 'pass' END,'[]',
 jsonb_build_object('ssim',0.98,'colour_shift',0.21,'colour_worst',0.9,'hue_turn',0.1,'chroma_change',0.01,'contrast_change',0.002,'subject_moved',0.0001,'subject_cut',0,'subject_lost',0,'ground_greyed',0,'file_ssim',0.97,'file_gmsd',0.001,'file_local_error',0.9,'file_levels_lost',0.0,'spread',250,'flat_tail',0,'tiling',0.01,'deliver_sharpness',-0.01,'deliver_band_lost',0.1,'deliver_band_gained',0.0,'banding',0.2),
 0.05,0.001,'{"threads" : 1}'
FROM images i CROSS JOIN LATERAL (SELECT unnest(CASE i.state WHEN 'delivered' THEN ARRAY[0,4] || CASE WHEN i.id%2=0 THEN ARRAY[3] ELSE CAST(ARRAY[] AS int[]) END WHEN 'flagged' THEN ARRAY[0,1,2] WHEN 'rejected' THEN ARRAY[0] ELSE ARRAY[0] END) AS position) p;
INSERT INTO step_counters (transform,le,slot,images,artifacts,seconds,cost)
SELECT transform, 0.05, batch_id % 16, count(*), count(*) FILTER (WHERE verdict = 'flag'), sum(seconds), sum(cost) FROM steps GROUP BY 1, 3;
